"""What a page gives is kept in one transaction; what is known already is not kept again."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from yuqing_crawler.domain.entries import PageRecord, PageState, PendingPage, Revisitable, SpoolEntry, StoredPage
from yuqing_crawler.domain.keys import address_key
from yuqing_crawler.domain.kinds.kind import Follow
from yuqing_crawler.store import schedules, sources, tombstones
from yuqing_crawler.store.recorder import Fresh, Recorder
from yuqing_crawler.store.tables import frontier, page_document, revisit, schedule, source_hour, spool
from yuqing_runtime.database import Database

NOW = datetime.now(UTC)
START = PendingPage(Follow("http://news.test/", "start"), cursor={"since": "1"})


@pytest.fixture
async def recorder(database: Database, make_source) -> Recorder:
    async with database.write() as connection:
        await sources.create(connection, make_source(), host="news.test")
    return Recorder(database, stored_page_age=timedelta(days=90), first_revisit=timedelta(minutes=15))


def entry(name: str, content: str = "a") -> SpoolEntry:
    return SpoolEntry("s1", name.encode().ljust(16), content.encode(), f"{name}={content}".encode())


def page(*entries: SpoolEntry, **changes: object) -> PageRecord:
    return replace(PageRecord("s1", START, entries), **changes)  # type: ignore[arg-type]


async def count(database: Database, table) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def cursor(database: Database) -> dict[str, str]:
    async with database.read() as connection:
        return (await connection.execute(select(schedule.c.cursor))).scalar_one()


async def test_only_new_and_changed_documents_are_spooled_when_pages_repeat(database: Database, recorder: Recorder) -> None:
    first = await recorder.record(page(entry("a"), entry("b")))
    second = await recorder.record(page(entry("a"), entry("b", "other"), entry("c")))
    assert (first.new_items, second.new_items) == (2, 2)
    assert await count(database, spool) == 4
    assert await recorder.fresh([entry("a"), entry("b"), entry("d")]) == Fresh({entry("b").key, entry("d").key})


async def test_the_cursor_moves_with_the_documents_when_kept(database: Database, recorder: Recorder) -> None:
    await recorder.record(page(entry("a"), cursor={"since": "5"}))
    await recorder.record(page(cursor={"page": "2"}))
    assert await cursor(database) == {"since": "5", "page": "2"}


async def test_nothing_is_kept_of_a_page_when_a_part_of_it_cannot_be(database: Database, recorder: Recorder) -> None:
    broken = page(entry("a"), cursor={"since": "5"}, state_key=b"k" * 16, state=PageState(etag=None))  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r".*"):
        await recorder.record(broken)
    assert await count(database, spool) == 0
    assert await cursor(database) == {}
    assert (await recorder.record(page(entry("a")))).new_items == 1


async def test_other_pages_are_kept_when_one_of_their_batch_cannot_be(database: Database, recorder: Recorder) -> None:
    broken = page(entry("x"), state_key=b"k" * 16, state=PageState(etag=None))  # type: ignore[arg-type]
    pages = [page(entry("a")), broken, page(entry("b"))]
    ends = await asyncio.gather(*map(recorder.record, pages), return_exceptions=True)
    assert [isinstance(end, Exception) for end in ends] == [False, True, False]
    assert await count(database, spool) == 2


async def test_a_document_is_spooled_once_when_two_pages_of_a_batch_hold_it(database: Database, recorder: Recorder) -> None:
    ends = await asyncio.gather(*(recorder.record(page(entry("a"), entry(f"p{number}"))) for number in range(20)))
    assert sum(end.new_items for end in ends) == 21
    assert await count(database, spool) == 21


async def test_a_page_is_led_to_once_when_it_is_to_be_read_once(database: Database, recorder: Recorder) -> None:
    once = Follow("http://news.test/1", "article", once_key="1", meta={"title": "x"})
    always = Follow("http://news.test/?page=2", "list")
    first = await recorder.record(page(follow=(once, once, always)))
    second = await recorder.record(page(follow=(once, always)))
    assert [pending.follow for pending in first.pending] == [once, always]
    assert [pending.follow for pending in second.pending] == [always]
    assert all(pending.cursor == {"since": "1"} for pending in first.pending)
    async with database.write() as connection:
        await sources.run_now(connection, "s1", NOW)
        (due,) = await schedules.claim_due(connection, "me", limit=1, seconds=60, pages=10)
    assert due.left_over == (*first.pending, *second.pending)


async def test_a_page_leaves_the_frontier_when_it_is_kept(database: Database, recorder: Recorder) -> None:
    (pending,) = (await recorder.record(page(follow=(Follow("http://news.test/1", "article", once_key="1"),)))).pending
    await recorder.record(replace(page(entry("a")), page=pending))
    assert await count(database, frontier) == 0


async def test_what_was_erased_does_not_come_back_when_it_is_found_again(database: Database, recorder: Recorder) -> None:
    async with database.write() as connection:
        await tombstones.add(connection, [entry("a").key, address_key("http://news.test/1")])
    recorded = await recorder.record(page(entry("a"), entry("b"), follow=(Follow("http://news.test/1", "article", once_key="1"),)))
    assert recorded.new_items == 1
    assert recorded.pending == ()
    assert await recorder.fresh([entry("a"), entry("b", "new")]) == Fresh({entry("b").key}, shows_erased=True)


async def test_evidence_leads_from_each_new_document_when_a_page_is_stored(database: Database, recorder: Recorder) -> None:
    stored = StoredPage("0" * 64, "http://news.test/", "1" * 64, NOW, 123)
    await recorder.record(page(entry("a")))
    await recorder.record(page(entry("a"), entry("b"), stored=stored))
    async with database.read() as connection:
        keys = (await connection.execute(select(page_document.c.document_key))).scalars().all()
    assert keys == [entry("b").key]


async def test_a_second_look_is_planned_once_when_a_document_comes_again(database: Database, recorder: Recorder) -> None:
    seed = Revisitable("http://news.test/a", "news.test", 1.0, b"t" * 16)
    await recorder.record(page(replace(entry("a"), revisit=seed)))
    await recorder.record(page(replace(entry("a", "b"), revisit=replace(seed, heat=9.0, text=b""))))
    async with database.read() as connection:
        (row,) = (await connection.execute(select(revisit))).mappings().all()
    assert (row["heat"], row["text"], row["document"], row["step"]) == (9.0, b"t" * 16, b"a=b", 0)


async def test_items_are_counted_by_hour_when_they_are_new(database: Database, recorder: Recorder) -> None:
    await recorder.record(page(entry("a"), entry("b")))
    await recorder.record(page(entry("a"), entry("c")))
    async with database.read() as connection:
        assert sum((await connection.execute(select(source_hour.c["items"]))).scalars()) == 3
        standing = (await schedules.standings_of(connection, ["s1"]))["s1"]
    assert standing.items_last_day == 3
