"""A service's database for the tests of its state: with the runtime's tables and one of its own, on both engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

from yuqing_runtime.database import Database

FIRST = """
import sqlalchemy as sa
from alembic import op
from yuqing_runtime.tables import create_runtime_tables

revision, down_revision = "0001", None


def upgrade():
    create_runtime_tables(op)
    op.create_table("counter", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Integer, nullable=False))
"""

counter = Table("counter", MetaData(), Column("name", Text, primary_key=True), Column("value", Integer, nullable=False))


class Migrations:
    """A folder of revisions that a test fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "versions").mkdir(parents=True)

    def add(self, revision: str, text: str) -> None:
        (self.path / "versions" / f"{revision}.py").write_text(text, encoding="utf-8")


@pytest.fixture
def migrations(tmp_path: Path) -> Migrations:
    folder = Migrations(tmp_path / "migrations")
    folder.add("0001", FIRST)
    return folder


@pytest.fixture
async def database(database_url: str, migrations: Migrations) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, schema="records")
    await opened.migrate(migrations.path)
    yield opened
    await opened.close()


@pytest.fixture
async def replica(database_url: str, database: Database) -> AsyncIterator[Database]:
    """The same tables seen by a second replica of the service."""
    opened = await Database.open(database_url, schema=database.schema)
    yield opened
    await opened.close()


@pytest.fixture
async def table(database: Database) -> Table:
    """`counter`, with one row `x` of value 0."""
    async with database.write() as connection:
        await connection.execute(insert(counter).values(name="x", value=0))
    return counter


@pytest.fixture
def value_of(database: Database):
    async def read(name: str = "x") -> int | None:
        async with database.read() as connection:
            return (await connection.execute(select(counter.c.value).where(counter.c.name == name))).scalar_one_or_none()

    return read
