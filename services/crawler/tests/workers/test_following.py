"""What is erased in the index goes here, what is held there stays here, also where the crawler was down or missed changes."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import holds, mentions, pages, spool, tombstones
from yuqing_crawler.store.spool import Acknowledgement
from yuqing_crawler.store.tables import document_mention, held_mention, page_document, stored_page
from yuqing_crawler.store.tables import spool as spool_table
from yuqing_crawler.workers.following import FEED, Following
from yuqing_crawler.workers.housekeeping import Housekeeping
from yuqing_runtime import audit, follow
from yuqing_runtime.database import Database
from yuqing_runtime.objects import Objects
from yuqing_testkit.indexing import FakeChanges

HELD, RELEASED, ERASED = ingest_pb2.CHANGE_KIND_HELD, ingest_pb2.CHANGE_KIND_RELEASED, ingest_pb2.CHANGE_KIND_ERASED


def key_of(native_id: str) -> bytes:
    return document_key("e.test", native_id, "")


@dataclass
class Crawler:
    """The crawler's stores, with the workers that follow the index and keep house."""

    database: Database
    objects: Objects
    fake: FakeChanges
    stub: ingest_pb2_grpc.ChangeServiceStub
    housekeeping: Housekeeping

    async def keep(self, *native_ids: str, age_days: int = 0, known: bool = True) -> str:
        """A page that these documents were read from; it is `known` that each belongs to the mention of its name."""
        digest = await self.objects.put("、".join(native_ids).encode() + str(age_days).encode())
        fetched = datetime.now(UTC) - timedelta(days=age_days)
        page = {"sha256": digest, "source_id": "s1", "url": "http://e.test/1", "payload_sha256": "", "fetched_at": fetched, "size_bytes": 1}
        async with self.database.write() as connection:
            await connection.execute(insert(stored_page).values(**page, expires_at=fetched + timedelta(days=90)))
            await connection.execute(insert(page_document), [{"document_key": key_of(each), "sha256": digest} for each in native_ids])
            if known:
                await mentions.learn(connection, {key_of(each): f"mentions/{each}" for each in native_ids}, fetched)
        return digest

    def tell(self, kind: "ingest_pb2.ChangeKind.ValueType", native_id: str) -> None:
        self.fake.tell(kind, f"mentions/{native_id}", site="e.test", native_id=native_id)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        task = asyncio.create_task(Following(self.database, self.stub).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def follow(self) -> None:
        """Until all that the feed tells has had its effect."""
        async with self.following(), asyncio.timeout(30):
            while await self.cursor() < self.fake.changes[-1].sequence:
                await asyncio.sleep(0.02)

    async def cursor(self) -> int:
        async with self.database.read() as connection:
            return await follow.cursor(connection, FEED)

    async def there(self, digests: Iterable[str]) -> list[bool]:
        """Which of the pages are there after a round of housekeeping."""
        await self.housekeeping.run_once()
        return [await self.objects.exists(digest) for digest in digests]

    async def count(self, table) -> int:
        async with self.database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.fixture
def crawler(database: Database, settings: Settings, changes, checking) -> Crawler:
    fake, stub = changes
    objects = Objects.open(settings.objects)
    return Crawler(database, objects, fake, stub, Housekeeping(database, objects, checking, settings))


@pytest.mark.clause("2.4.3")
async def test_a_page_outlives_its_time_when_a_mention_of_it_is_held_and_goes_when_that_is_released(crawler: Crawler) -> None:
    held, other, young = await crawler.keep("a", age_days=91), await crawler.keep("b", age_days=91), await crawler.keep("c")
    crawler.tell(HELD, "a")
    await crawler.follow()
    assert await crawler.there([held, other, young]) == [True, False, True]
    crawler.tell(RELEASED, "a")
    await crawler.follow()
    assert await crawler.there([held, young]) == [False, True]


async def test_a_page_stays_whole_when_another_mention_of_it_is_erased_and_goes_when_the_hold_is_released(crawler: Crawler) -> None:
    page = await crawler.keep("a", "b")
    crawler.tell(HELD, "a")
    crawler.tell(ERASED, "b")
    await crawler.follow()
    assert await crawler.there([page]) == [True]
    async with crawler.database.read() as connection:
        row = await pages.get(connection, page)
        assert await tombstones.erased(connection, [key_of("a"), key_of("b")]) == {key_of("b")}
    assert row is not None
    assert (row["url"], row["held"]) == ("http://e.test/1", True)
    crawler.tell(RELEASED, "a")
    await crawler.follow()
    assert await crawler.there([page]) == [False]
    assert (await audit.verify(crawler.database)).first_broken is None


async def test_all_pages_of_a_mention_are_held_when_its_documents_have_several_identities(crawler: Crawler) -> None:
    by_feed, by_page = await crawler.keep("feed", age_days=91), await crawler.keep("page", age_days=92)
    async with crawler.database.write() as connection:
        await mentions.learn(connection, {key_of("feed"): "mentions/a", key_of("page"): "mentions/a"}, datetime.now(UTC))
    crawler.fake.tell(HELD, "mentions/a", site="e.test", native_id="feed")
    await crawler.follow()
    later = await crawler.keep("page", age_days=93, known=False)
    assert await crawler.there([by_feed, by_page, later]) == [True, True, True]


async def test_a_page_stays_when_its_mention_was_held_while_the_crawler_was_down(crawler: Crawler) -> None:
    held, other = await crawler.keep("a", age_days=91), await crawler.keep("b", age_days=91)
    crawler.fake.held = {"mentions/a"}
    assert await crawler.there([held, other]) == [True, False]
    crawler.fake.held = set()
    crawler.tell(HELD, "a")
    crawler.tell(RELEASED, "a")
    await crawler.follow()
    assert await crawler.there([held]) == [False]


async def test_pages_wait_when_the_index_cannot_be_asked(crawler: Crawler) -> None:
    page = await crawler.keep("a", age_days=91)
    crawler.fake.away = True
    assert await crawler.there([page]) == [True]
    crawler.fake.away = False
    assert await crawler.there([page]) == [False]


async def test_erasures_and_holds_are_made_up_for_when_their_changes_are_no_longer_kept(crawler: Crawler) -> None:
    erased, held, released, plain = [await crawler.keep(each) for each in ("erased", "held", "released", "plain")]
    old = [await crawler.keep(each, age_days=91) for each in ("held", "released")]
    crawler.tell(HELD, "released")
    await crawler.follow()
    crawler.fake.changes, crawler.fake.kept_after = [], 40
    crawler.fake.erased, crawler.fake.held, crawler.fake.away = {"mentions/erased"}, {"mentions/held"}, True
    async with crawler.following(), asyncio.timeout(60):
        while len(crawler.fake.asked) < 2:  # the index answers only later
            await asyncio.sleep(0.02)
        assert await crawler.cursor() == 1
        crawler.fake.away = False
        while await crawler.cursor() < 40:
            await asyncio.sleep(0.02)
    assert crawler.fake.asked == [0, 1]
    crawler.tell(ERASED, "plain")
    await crawler.follow()
    assert crawler.fake.asked == [0, 1, 40]
    assert await crawler.there([erased, held, released, plain, *old]) == [False, True, True, False, True, False]
    async with crawler.database.read() as connection:
        assert await tombstones.erased(connection, [key_of("erased"), key_of("held")]) == {key_of("erased")}
    assert (await crawler.count(spool_table), await crawler.count(held_mention)) == (0, 1)


async def test_a_page_stays_when_changes_were_missed_that_held_one_mention_of_it_and_erased_another(crawler: Crawler) -> None:
    page, alone = await crawler.keep("b", "z"), await crawler.keep("a")
    crawler.fake.kept_after, crawler.fake.held, crawler.fake.erased = 40, {"mentions/z"}, {"mentions/a", "mentions/b"}
    async with crawler.following(), asyncio.timeout(60):
        while await crawler.cursor() < 40:
            await asyncio.sleep(0.02)
    assert await crawler.there([page, alone]) == [True, False]
    crawler.tell(RELEASED, "z")
    await crawler.follow()
    assert await crawler.there([page]) == [False]


async def test_a_page_goes_when_nobody_told_that_its_mention_is_held_no_longer(crawler: Crawler) -> None:
    pages = [await crawler.keep("a", age_days=91), await crawler.keep("b", age_days=91)]
    crawler.tell(HELD, "a")
    crawler.tell(HELD, "b")
    await crawler.follow()
    crawler.fake.held = {"mentions/b"}
    assert await crawler.there(pages) == [False, True]
    assert await crawler.count(held_mention) == 1


async def test_the_mention_of_a_document_is_learnt_when_the_index_answers_for_it(crawler: Crawler) -> None:
    entries = [SpoolEntry(source_id="s1", key=key_of(each), content=b"", message=b"", traceparent="") for each in "ab"]
    async with crawler.database.write() as connection:
        await spool.add(connection, entries, datetime.now(UTC))
        first, second = await spool.claim(connection, limit=2, seconds=60)
        answers = [
            Acknowledgement(first.sequence, ingest_pb2.OUTCOME_STORED, refused=False, mention="mentions/a"),
            Acknowledgement(second.sequence, ingest_pb2.OUTCOME_REFUSED, refused=True, reason="NO_TEXT"),
        ]
        await spool.acknowledge(connection, answers)
    async with crawler.database.read() as connection:
        assert list(await mentions.documents_of(connection, "mentions/a")) == [key_of("a")]
    assert await crawler.count(document_mention) == 1


async def test_acknowledged_documents_stay_in_the_spool_when_their_mention_is_held(crawler: Crawler) -> None:
    entries = [SpoolEntry(source_id="s1", key=key_of(each), content=b"", message=b"", traceparent="") for each in "ab"]
    async with crawler.database.write() as connection:
        await spool.add(connection, entries, datetime.now(UTC))
        claimed = await spool.claim(connection, limit=2, seconds=60)
        names = ["mentions/a", "mentions/b"]
        stored = ingest_pb2.OUTCOME_STORED
        answers = [Acknowledgement(each.sequence, stored, refused=False, mention=name) for each, name in zip(claimed, names, strict=True)]
        await spool.acknowledge(connection, answers)
        await holds.put(connection, ["mentions/a"])
        assert await spool.purge(connection, before=datetime.now(UTC) + timedelta(days=8)) == 1
        await holds.end(connection, ["mentions/a"])
        assert await spool.purge(connection, before=datetime.now(UTC) + timedelta(days=8)) == 1


async def test_it_is_known_whose_a_document_is_as_long_as_a_page_of_it_is_kept(crawler: Crawler) -> None:
    await crawler.keep("a", age_days=500)
    crawler.fake.held = {"mentions/a"}
    async with crawler.database.write() as connection:
        await mentions.learn(connection, {key_of("gone"): "mentions/gone"}, datetime.now(UTC) - timedelta(days=500))
    await crawler.housekeeping.run_once()
    async with crawler.database.read() as connection:
        assert list(await mentions.after(connection, "", limit=10)) == ["mentions/a"]
