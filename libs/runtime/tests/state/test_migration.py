"""Migrations happen once, wholly or not at all, and take no rows with them."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text

from yuqing_runtime.database import Database
from yuqing_runtime.migration import DatabaseNewerError
from yuqing_runtime.tables import RUNTIME, add_runtime_tables

FAILS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO nowhere VALUES (1)")
"""

FAMILY = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
    op.execute("INSERT INTO parent VALUES (1, 'x')")
    op.execute("INSERT INTO child VALUES (1, 1)")
"""

REBUILDS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade():
    with op.batch_alter_table("parent") as batch:
        batch.alter_column("name", existing_type=sa.Text, nullable=False)
"""

ORPHANS = """
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade():
    op.execute("DELETE FROM parent")
"""


async def _tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_runtime_tables_are_those_of_the_code_when_migrated(database):
    async with database.read() as connection:
        options = {"include_name": lambda name, kind, _parents: kind != "table" or name in RUNTIME.tables}
        context = await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync, opts=options), RUNTIME))
    assert context == []


def test_services_metadata_can_hold_the_runtime_tables():
    metadata = MetaData()
    add_runtime_tables(metadata)
    assert set(metadata.tables) == set(RUNTIME.tables)


async def test_nothing_happens_when_migrated_again(database, migrations):
    before = await _tables(database)
    await database.migrate(migrations.path)
    assert await _tables(database) == before


async def test_replicas_migrate_once_when_they_start_at_once(database_url, migrations):
    replicas = await asyncio.gather(*(Database.open(database_url, schema="records") for _ in range(4)))
    await asyncio.gather(*(replica.migrate(migrations.path) for replica in replicas))
    assert "counter" in await _tables(replicas[0])
    await asyncio.gather(*(replica.close() for replica in replicas))


async def test_nothing_is_changed_when_a_migration_fails(database, migrations):
    migrations.add("0002", FAILS)
    before = await _tables(database)
    with pytest.raises(Exception, match="nowhere"):
        await database.migrate(migrations.path)
    assert await _tables(database) == before


async def test_older_program_refuses_when_the_database_is_newer(database, migrations):
    migrations.add("0002", FAMILY)
    await database.migrate(migrations.path)
    (migrations.path / "versions" / "0002.py").unlink()
    with pytest.raises(DatabaseNewerError, match="0002"):
        await database.migrate(migrations.path)


async def test_children_stay_when_their_parents_table_is_rebuilt(database, migrations):
    migrations.add("0002", FAMILY)
    await database.migrate(migrations.path)
    migrations.add("0003", REBUILDS)
    await database.migrate(migrations.path)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM child"))).scalar_one() == 1


async def test_sqlite_migration_is_refused_when_it_leaves_orphans(sqlite_url, migrations):
    database = await Database.open(sqlite_url, schema="records")
    migrations.add("0002", FAMILY)
    await database.migrate(migrations.path)
    migrations.add("0003", ORPHANS)
    with pytest.raises(ValueError, match="foreign key"):
        await database.migrate(migrations.path)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM parent"))).scalar_one() == 1
    await database.close()
