"""Chooses free ports for engines and services of one machine."""

import random
import socket

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


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    for port in random.sample(range(FIRST_PORT, LAST_PORT), 200):
        if is_free(port):
            return port
    raise OSError(f"none of 200 ports tried between {FIRST_PORT} and {LAST_PORT} is free")
