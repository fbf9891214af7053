"""What is there when indexing is brought up to date is not forgotten."""

import shutil

from sqlalchemy import select, text

from yuqing_indexing.main import MIGRATIONS
from yuqing_indexing.store import tables
from yuqing_runtime.database import Database


async def test_the_aliases_of_mentions_are_known_when_the_database_is_of_the_version_before(database_url, tmp_path):
    before = shutil.copytree(MIGRATIONS, tmp_path / "migrations", ignore=shutil.ignore_patterns("0009_*", "__pycache__"))
    database = await Database.open(database_url, schema="indexing")
    try:
        await database.migrate(before)
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO mention (id, month) VALUES ('a', '2026-10'), ('b', '2026-11')"))
            await connection.execute(text("INSERT INTO alias (key, mention) VALUES ('x', 'a'), ('y', 'a')"))
        await database.migrate(MIGRATIONS)
        async with database.read() as connection:
            known = (await connection.execute(select(tables.mention.c.id, tables.mention.c.aliases))).all()
        assert {name: set(aliases.split()) for name, aliases in known} == {"a": {"x", "y"}, "b": set()}
    finally:
        await database.close()
