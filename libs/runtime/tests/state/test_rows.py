"""Many rows go into one statement, with the values that SQLAlchemy would bind, on both engines."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, insert, select, update

from yuqing_runtime.columns import Json, UtcDateTime
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.rows import among, execute_rows

thing = Table(
    "thing",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("size", Integer, nullable=True),
    Column("at", UtcDateTime, nullable=True),
    Column("more", Json, nullable=True),
)
SECOND = """
import sqlalchemy as sa
from alembic import op
from yuqing_runtime.columns import Json, UtcDateTime

revision, down_revision = "0002", "0001"


def upgrade():
    op.create_table(
        "thing", sa.Column("name", sa.Text, primary_key=True), sa.Column("size", sa.Integer), sa.Column("at", UtcDateTime), sa.Column("more", Json)
    )
"""
NOON = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
async def things(database: Database, migrations) -> Database:
    migrations.add("0002", SECOND)
    await database.migrate(migrations.path)
    return database


async def _all(database: Database) -> list[tuple]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(select(thing).order_by(thing.c.name))]


async def test_rows_come_back_as_they_were_when_types_have_forms_of_their_own(things):
    rows = [{"name": "a", "more": {"电": [1]}, "size": 1}, {"name": "b", "more": None, "size": None}]
    async with things.write() as connection:
        await execute_rows(connection, insert(thing).values(at=NOON), rows)
    assert await _all(things) == [("a", 1, NOON, {"电": [1]}), ("b", None, NOON, None)]


async def test_each_row_is_changed_by_its_own_values_when_they_are_updated(things):
    async with things.write() as connection:
        await execute_rows(connection, insert(thing), [{"name": name, "size": 0} for name in "abc"])
        statement = update(thing).where(thing.c.name == bindparam("of"), thing.c.size < 5).values(size=bindparam("new"), at=bindparam("then"))
        await execute_rows(connection, statement, [{"of": "a", "new": 7, "then": NOON}, {"of": "c", "new": 9, "then": None}])
        await execute_rows(connection, delete(thing).where(thing.c.name == bindparam("of")), [{"of": "b"}])
    assert await _all(things) == [("a", 7, NOON, None), ("c", 9, None, None)]


async def test_what_is_there_already_stays_when_an_upsert_does_nothing(things):
    async with things.write() as connection:
        statement = upsert(thing, connection).values(at=NOON).on_conflict_do_nothing()
        await execute_rows(connection, statement, [{"name": "a", "size": 1}])
        await execute_rows(connection, statement, [{"name": "a", "size": 2}, {"name": "b", "size": 3}])
        await execute_rows(connection, statement, [])
    assert [row[:2] for row in await _all(things)] == [("a", 1), ("b", 3)]


async def test_column_is_among_many_values_when_there_are_more_than_parameters(things):
    async with things.write() as connection:
        await execute_rows(connection, insert(thing), [{"name": str(number), "size": number} for number in range(3)])
        names = select(thing.c.name).where(among(thing.c.name, map(str, range(1, 100_000)), connection)).order_by(thing.c.name)
        assert (await connection.execute(names)).scalars().all() == ["1", "2"]
        sizes = select(thing.c.size).where(among(thing.c.size, [0, 2], connection)).order_by(thing.c.size)
        assert (await connection.execute(sizes)).scalars().all() == [0, 2]
