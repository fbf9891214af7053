from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select, update

from yuqing_indexing.store import tables
from yuqing_runtime import leases


async def test_months_are_dropped_when_they_are_older_than_those_kept(indexing_on_both, document):
    indexing = indexing_on_both
    await indexing.ingest([document("old"), document("young", url="https://e.test/young")])
    await indexing.drop_mentions()
    (old, young) = [(await indexing.ingest([each]))[0].mention.removeprefix("mentions/") for each in (document("old"), document("young"))]
    await indexing.drop_mentions()
    async with indexing.database.write() as connection:
        await connection.execute(update(tables.mention).where(tables.mention.c.id == old).values(month="2023.03"))
        await connection.execute(update(tables.mention).where(tables.mention.c.id == young).values(month="2023.04"))
    await indexing.ingest([document("old"), document("young")])
    await indexing.ingest([document("young", minute=1)])
    retention = replace(indexing.parts.retention, now=lambda: datetime(2024, 5, 20, tzinfo=UTC))
    assert await retention.indices.months() == ["2023.03", "2023.04", "2024.05"]
    async with leases.lease(indexing.database, "retention") as lease:
        await retention.once(lease)
        await retention.once(lease)
    assert await retention.indices.months() == ["2023.04", "2024.05"]
    async with indexing.database.read() as connection:
        assert (await connection.execute(select(tables.mention.c.id))).scalars().all() == [young]
        assert set((await connection.execute(select(tables.alias.c.mention))).scalars()) == {young}
