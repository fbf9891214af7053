"""A port is called free only when a server could listen on it."""

import socket
from itertools import islice

import pytest

from yuqing_embedded import ports
from yuqing_embedded.ports import free_port, free_ports, is_free


def test_port_is_not_free_when_somebody_listens() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_ports_differ_from_each_other_and_from_those_that_are_spoken_for(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    monkeypatch.setattr(ports, "FIRST_PORT", first - 100)
    monkeypatch.setattr(ports, "LAST_PORT", first + 100)
    found = list(islice(free_ports(but=[first]), 100))
    assert len(set(found)) == 100
    assert first not in found
