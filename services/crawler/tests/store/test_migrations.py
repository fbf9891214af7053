"""What is there when the crawler is brought up to date is not forgotten."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

import yuqing_crawler
from yuqing_crawler.store.spool import SpoolState
from yuqing_crawler.store.tables import document_mention, spool
from yuqing_runtime.database import Database

MIGRATIONS = Path(yuqing_crawler.__file__).parent / "store" / "migrations"
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def _spooled(key: bytes, mention: str, acknowledged_at: datetime | None) -> dict[str, object]:
    state = SpoolState.WAITING if acknowledged_at is None else SpoolState.DONE
    texts = dict.fromkeys(("origin", "traceparent", "reason", "detail"), "")
    times = {"spooled_at": NOW, "claimed_until_milliseconds": 0, "acknowledged_at": acknowledged_at}
    return {"document_key": key, "mention": mention, "state": state, "source_id": "s1", "document": b"", "outcome": 0, **times, **texts}


async def test_mentions_of_spooled_documents_are_known_when_the_database_is_of_the_first_version(database_url: str, tmp_path: Path) -> None:
    first = shutil.copytree(MIGRATIONS, tmp_path / "migrations", ignore=shutil.ignore_patterns("000[2-9]_*", "__pycache__"))
    database = await Database.open(database_url, schema="crawler")
    try:
        await database.migrate(first)
        rows = [_spooled(b"a", "mentions/a", NOW), _spooled(b"a", "mentions/a", NOW), _spooled(b"b", "", NOW), _spooled(b"c", "", None)]
        async with database.write() as connection:
            await connection.execute(insert(spool), rows)
        await database.migrate(MIGRATIONS)
        async with database.read() as connection:
            known = (await connection.execute(select(document_mention))).all()
        assert known == [(b"a", "mentions/a", NOW)]
    finally:
        await database.close()
