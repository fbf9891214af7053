"""Runs of sources: what is kept of a page, what is read again, and what survives being cut off."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from warcio.archiveiterator import ArchiveIterator

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.domain.health import RunTally
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.engine import run
from yuqing_crawler.engine.jobs import job_of
from yuqing_crawler.engine.run import Limits, Workbench
from yuqing_crawler.engine.secrets import SecretMissing, Secrets
from yuqing_crawler.store import schedules, sources, spool
from yuqing_crawler.store.tables import frontier, page_document, stored_page
from yuqing_crawler.store.tables import spool as spool_table
from yuqing_testkit.site import Page, Site, feed

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8
LIMITS = Limits(pages=50, at_once=4)


def article(number: int, text: str = LONG) -> str:
    return f"<html><head><title>新闻{number}</title></head><body><article><h1>新闻{number}</h1><p>{text}{number}</p></article></body></html>"


def front(numbers) -> str:
    links = "".join(f"<li><a href='/a/{number}.html'>霁川电器发布第{number}份公告内容</a></li>" for number in numbers)
    return f"<html><body><ul class='list'>{links}</ul></body></html>"


@pytest.fixture
def newspaper(site: Site) -> Site:
    site.pages["/"] = Page(front(range(1, 7)))
    for number in range(1, 7):
        site.pages[f"/a/{number}.html"] = Page(article(number))
    return site


async def run_once(bench: Workbench, source, limits: Limits = LIMITS, secrets: Secrets | None = None) -> RunTally:
    """As the scheduler does: with what is left over, and the cursor."""
    async with bench.database.write() as connection:
        if await sources.get(connection, source.id) is None:
            await sources.create(connection, source, host="news.test")
        await schedules.release_all(connection, None)
        await sources.run_now(connection, source.id, source.created_at)
        (due,) = await schedules.claim_due(connection, "me", limit=1, seconds=60, pages=100)
    job = job_of(source, lambda _source: secrets or Secrets(), zone="Asia/Shanghai", cursor=due.cursor)
    return await run.run(bench, job, due.left_over, limits)


async def spooled(bench: Workbench) -> list[document_pb2.Document]:
    async with bench.database.read() as connection:
        rows = (await connection.execute(select(spool_table.c.document).order_by(spool_table.c.sequence))).scalars()
        return [document_pb2.Document.FromString(row) for row in rows]


async def count(bench: Workbench, table) -> int:
    async with bench.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


def newspaper_source(make_source):
    return make_source(kind="list", address="http://news.test/", parameters={"links": "ul.list a"})


async def test_articles_are_spooled_once_when_a_list_is_read_twice(bench: Workbench, newspaper: Site, make_source) -> None:
    source = newspaper_source(make_source)
    first = await run_once(bench, source)
    second = await run_once(bench, source)
    assert sorted(document.url for document in await spooled(bench)) == [f"http://news.test/a/{number}.html" for number in range(1, 7)]
    assert (first.new_items, second.new_items) == (6, 0)
    assert second.outcomes == {Outcome.NOT_MODIFIED: 1}
    assert await count(bench, frontier) == 0


async def test_a_run_goes_on_where_it_was_cut_off_when_killed_in_the_middle(bench: Workbench, newspaper: Site, make_source) -> None:
    source = newspaper_source(make_source)
    for number in range(1, 7):
        newspaper.pages[f"/a/{number}.html"] = Page(article(number), delay_seconds=0.1 * number)
    cut = asyncio.create_task(run_once(bench, source, Limits(50, 1)))
    async with asyncio.timeout(20):
        while len(await spooled(bench)) < 2:
            await asyncio.sleep(0.01)
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    assert await count(bench, frontier) > 0

    newspaper.pages["/"] = Page(front(()))  # what the list no longer names is not lost either
    await run_once(bench, source)
    urls = [document.url for document in await spooled(bench)]
    assert sorted(urls) == [f"http://news.test/a/{number}.html" for number in range(1, 7)]


async def test_a_page_is_tried_in_a_later_run_when_it_failed_in_passing(bench: Workbench, newspaper: Site, make_source) -> None:
    source = newspaper_source(make_source)
    newspaper.pages["/a/3.html"] = Page(status=500)
    first = await run_once(bench, source)
    newspaper.pages["/a/3.html"] = Page(article(3))
    second = await run_once(bench, source)
    assert first.errors == {"http_5xx": 1}
    assert first.succeeded
    assert (first.new_items, second.new_items) == (5, 1)


async def test_a_page_is_given_up_when_it_is_not_there(bench: Workbench, newspaper: Site, make_source) -> None:
    del newspaper.pages["/a/3.html"]
    source = newspaper_source(make_source)
    await run_once(bench, source)
    await run_once(bench, source)
    assert newspaper.asked["/a/3.html"] == 1


async def test_the_rest_follows_when_the_limit_of_pages_is_reached(bench: Workbench, newspaper: Site, make_source) -> None:
    source = newspaper_source(make_source)
    first = await run_once(bench, source, Limits(3, 2))
    assert first.unfinished
    second = await run_once(bench, source)
    assert not second.unfinished
    assert len(await spooled(bench)) == 6


async def test_a_document_is_spooled_again_when_it_changed(bench: Workbench, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG), ("b", LONG)))
    await run_once(bench, make_source(parameters={"content": "entry"}))
    site.pages["/feed"] = Page(feed(("a", LONG), ("b", LONG + "更正。")))
    tally = await run_once(bench, make_source(parameters={"content": "entry"}))
    urls = [document.url for document in await spooled(bench)]
    assert tally.new_items == 1
    assert urls.count("http://news.test/b") == 2
    assert urls.count("http://news.test/a") == 1


async def test_a_stored_page_leads_back_to_the_bytes_when_it_is_opened(bench: Workbench, site: Site, make_source, tmp_path) -> None:
    body = feed(("a", LONG))
    site.pages["/feed"] = Page(body, headers={"Content-Type": "application/rss+xml", "Set-Cookie": "secret=1"})
    await run_once(bench, make_source(parameters={"content": "entry"}))
    (document,) = await spooled(bench)
    file = tmp_path / "record.warc.gz"
    file.write_bytes(await bench.objects.get(document.stored_page))
    with file.open("rb") as stream:
        (record,) = [(entry, entry.content_stream().read()) for entry in ArchiveIterator(stream)]
    entry, content = record
    assert content == body.encode()
    assert entry.rec_headers.get_header("WARC-Target-URI") == "http://news.test/feed"
    assert entry.rec_headers.get_header("WARC-Payload-Digest").startswith("sha256:")
    assert entry.http_headers.get_statuscode() == "200"
    assert entry.http_headers.get_header("Set-Cookie") is None
    assert await count(bench, page_document) == 1


async def test_no_page_is_stored_when_it_holds_nothing_new(bench: Workbench, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG)))
    await run_once(bench, make_source(parameters={"content": "entry"}))
    site.pages["/feed"] = Page(feed(("a", LONG)) + "<!-- another time -->")
    tally = await run_once(bench, make_source(parameters={"content": "entry"}))
    assert tally.outcomes == {Outcome.UNCHANGED: 1}
    assert await count(bench, stored_page) == 1


async def test_a_run_stops_when_its_host_wants_to_be_left_alone(bench: Workbench, newspaper: Site, make_source) -> None:
    for number in range(1, 7):
        newspaper.pages[f"/a/{number}.html"] = Page(status=503, headers={"Retry-After": "90"})
    tally = await run_once(bench, newspaper_source(make_source), Limits(50, 1))
    assert tally.outcomes[Outcome.RATE_LIMITED] == 1
    assert 60 < tally.hold_seconds <= 90
    assert await count(bench, frontier) == 6


async def test_a_run_fails_when_its_first_page_cannot_be_read(bench: Workbench, site: Site, make_source) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /")
    tally = await run_once(bench, make_source())
    assert tally.start_failed is Outcome.ROBOTS
    assert not tally.succeeded


async def test_a_secret_is_sent_and_kept_nowhere_when_an_address_names_it(bench: Workbench, site: Site, make_source) -> None:
    site.pages["/feed?key=ge%2Fheim"] = Page(feed(("a", LONG)))
    source = make_source(address="http://news.test/feed?key={secret:key}", parameters={"content": "entry"})
    await run_once(bench, source, secrets=Secrets({"key": "ge/heim"}))
    (document,) = await spooled(bench)
    record = await bench.objects.get(document.stored_page)
    async with bench.database.read() as connection:
        url = (await connection.execute(select(stored_page.c.url))).scalar_one()
    assert site.asked["/feed?key=ge%2Fheim"] == 1
    assert url == "http://news.test/feed?key={secret:key}"
    assert b"heim" not in document.SerializeToString()
    assert b"heim" not in record


async def test_a_source_is_refused_when_its_secret_is_missing(bench: Workbench, site: Site, make_source) -> None:
    tally = await run_once(bench, make_source(address="http://news.test/feed?key={secret:key}"))
    assert tally.start_failed is Outcome.LOGIN
    assert not site.requests


def test_secrets_are_hidden_in_every_form_when_they_were_filled_in() -> None:
    secrets = Secrets({"key": "a b/ü"})
    assert secrets.hide(secrets.fill_url("http://x.test/?k={secret:key}")) == "http://x.test/?k={secret:key}"
    assert secrets.hide("http://x.test/a b/ü") == "http://x.test/{secret:key}"
    with pytest.raises(SecretMissing):
        secrets.fill("{secret:other}")


async def test_the_documents_of_a_killed_run_are_there_when_the_spool_is_read(bench: Workbench, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG), ("b", LONG)))
    await run_once(bench, replace(make_source(), parameters={"content": "entry"}))
    async with bench.database.read() as connection:
        overview = await spool.overview(connection)
    assert (overview.waiting, overview.dead_letters, overview.acknowledged) == (2, 0, 0)
