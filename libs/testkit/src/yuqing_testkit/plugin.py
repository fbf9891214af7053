"""Gives every test suite the same real engines, by name; switched on by the root conftest.py."""

import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from yuqing_embedded import ports
from yuqing_embedded.elasticsearch import TEST_HEAP_MIB, ElasticsearchNode
from yuqing_embedded.encoder import install_encoder
from yuqing_embedded.places import places
from yuqing_embedded.postgresql import PostgresqlServer
from yuqing_testkit.engines import shared, state_folder

WORKER_VARIABLE = "PYTEST_XDIST_WORKER"


@pytest.fixture(scope="session")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test session see."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if WORKER_VARIABLE in os.environ else folder


@pytest.fixture(scope="session")
def elasticsearch_url(meeting: Path) -> Iterator[str]:
    """A real Elasticsearch node, one for the session. `YUQING_TEST_ELASTICSEARCH_URL` names a running one instead (quicker to repeat)."""
    running = os.environ.get("YUQING_TEST_ELASTICSEARCH_URL")
    if running:
        yield running.rstrip("/")
        return
    with shared(meeting, "elasticsearch", elasticsearch_node) as url:
        yield url


@pytest.fixture(scope="session")
def encoder_folder() -> Path:
    """The files of the packaged encoder, fetched once for this machine."""
    return install_encoder(places())


@pytest.fixture(scope="session")
def postgresql_url(meeting: Path) -> Iterator[str]:
    """A real PostgreSQL server, one for the session: the URL of its database `postgres`. Take `fresh_postgresql_database` to write."""
    with shared(meeting, "postgresql", _postgresql_server) as url:
        yield url


@pytest.fixture
def fresh_postgresql_database(postgresql_url: str) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own, `postgresql+psycopg://…`."""
    name = f"test_{secrets.token_hex(6)}"
    server = postgresql_url.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{postgresql_url.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file of the test's own, `sqlite+aiosqlite:///…`."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice, on an empty SQLite file and on an empty PostgreSQL database."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "fresh_postgresql_database"}
    return str(request.getfixturevalue(fixture[request.param]))


@pytest.fixture
def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    return ports.free_port()


@contextmanager
def elasticsearch_node() -> Generator[str, None, None]:
    """A node of its own on a new state folder."""
    where = places()
    with state_folder(where) as folder, ElasticsearchNode(folder / "elasticsearch", places=where, heap_mib=TEST_HEAP_MIB) as node:
        yield node.url


@contextmanager
def _postgresql_server() -> Generator[str, None, None]:
    where = places()
    with state_folder(where) as folder, PostgresqlServer(folder / "postgresql", places=where, durable=False) as server:
        yield server.url
