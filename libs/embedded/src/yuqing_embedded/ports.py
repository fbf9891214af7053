"""Chooses free ports for engines and services of one machine."""

import random
import socket
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

# Below the range that Linux gives to outgoing connections (32768–60999): a port chosen here is still free a moment later.
FIRST_PORT, LAST_PORT = 15_000, 32_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port in TIME_WAIT is free
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_ports(*, but: Container[int] = ()) -> Iterator[int]:
    """Ports of the loopback interface that nobody listens on, each another one; `but`: those that are spoken for. Errors: OSError."""
    for port in random.sample(range(FIRST_PORT, LAST_PORT), 200):
        if port not in but and is_free(port):
            yield port
    raise OSError(f"no more of 200 ports tried between {FIRST_PORT} and {LAST_PORT} are free")


def free_port() -> int:
    """One of them."""
    return next(free_ports())


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port, as far as the system tells us: another user's process stays unnamed."""

    pid: int | None = None
    command: str = ""

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid})" if self.pid else "?"


def holder(port: int) -> Holder | None:
    """Who listens on the TCP port of this machine; None if nobody does."""
    connections = psutil.net_connections("tcp")
    listening = [entry for entry in connections if entry.status == psutil.CONN_LISTEN and entry.laddr and entry.laddr.port == port]
    for entry in listening:
        if entry.pid:
            with suppress(psutil.Error):
                return Holder(entry.pid, " ".join(psutil.Process(entry.pid).cmdline())[:200])
    return Holder() if listening else None
