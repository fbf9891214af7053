"""A port is called free only when a server could listen on it."""

import socket

from yuqing_embedded.ports import free_port, is_free


def test_port_is_not_free_when_somebody_listens() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)
