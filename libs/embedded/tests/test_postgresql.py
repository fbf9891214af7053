"""A real server starts, keeps its data through a kill, and gives way to its successor."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yuqing_embedded.places import Places, places
from yuqing_embedded.postgresql import PostgresqlServer, ServerError
from yuqing_testkit.engines import state_folder


@pytest.fixture
def where() -> Places:
    return places()


@pytest.fixture
def state(where: Places) -> Iterator[Path]:
    with state_folder(where) as folder:
        yield folder / "a server's state"


def ask(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


def test_data_is_kept_when_the_server_is_killed_or_replaced(where: Places, state: Path) -> None:
    left = PostgresqlServer(state, places=where)
    ask(left.start(), "CREATE TABLE words (word text)")
    ask(left.url, "INSERT INTO words VALUES ('舆情')")
    with PostgresqlServer(state, places=where) as server:  # as after a supervisor that was killed
        assert not left.is_running
        assert ask(server.url, "SELECT word FROM words") == [("舆情",)]
        server.kill()
        assert not server.is_running
        assert ask(server.start(), "SELECT word FROM words") == [("舆情",)]
    assert not server.is_running


def test_stranger_is_refused_when_the_password_is_wrong(where: Places, state: Path) -> None:
    with PostgresqlServer(state, places=where, durable=False) as server, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="yuqing", password="wrong", dbname="postgres")


def test_error_carries_the_log_when_the_server_dies_at_start(where: Places, state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = PostgresqlServer(state, places=where, port=taken.getsockname()[1], durable=False)
        with pytest.raises(ServerError, match="Address already in use"):
            server.start()
