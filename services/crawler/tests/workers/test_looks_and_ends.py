"""Second looks, erasure, retention, and the links that people gave."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from yuqing.crawler.v1 import people_pb2
from yuqing.indexing.v1 import document_pb2, ingest_pb2
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.engine import run
from yuqing_crawler.engine.downloads import Downloads
from yuqing_crawler.engine.jobs import job_of
from yuqing_crawler.engine.run import Limits, Workbench
from yuqing_crawler.engine.secrets import Secrets
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import erasing, findings, patrols, reports, sources, spool
from yuqing_crawler.store.patrols import PatrolList
from yuqing_crawler.store.tables import patrol_visit, revisit, stored_page, tombstone
from yuqing_crawler.store.tables import spool as spool_table
from yuqing_crawler.workers.checking import Checking
from yuqing_crawler.workers.findings import Findings
from yuqing_crawler.workers.following import Following
from yuqing_crawler.workers.housekeeping import Housekeeping
from yuqing_crawler.workers.revisits import HostBudget, Revisits
from yuqing_runtime import audit
from yuqing_runtime.database import Database
from yuqing_runtime.objects import FOLDERS
from yuqing_testkit.site import Page, Site, feed

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8
ADDRESS = "http://news.test/a/1.html"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def article(text: str = LONG) -> Page:
    return Page(f"<html><head><title>新闻</title></head><body><article><h1>新闻</h1><p>{text}</p></article></body></html>")


@pytest.fixture
async def known(bench: Workbench, site: Site, make_source) -> None:
    """One article that was found and spooled."""
    site.pages["/"] = Page("<html><body><ul class='list'><li><a href='/a/1.html'>霁川电器发布第1份公告</a></li></ul></body></html>")
    site.pages["/a/1.html"] = article()
    source = make_source(kind="list", address="http://news.test/", parameters={"links": "ul.list a"})
    async with bench.database.write() as connection:
        await sources.create(connection, source, host="news.test")
    await run.run(bench, job_of(source, lambda _source: Secrets(), zone="Asia/Shanghai"), (), Limits(10, 2))


async def spooled(database: Database) -> list[document_pb2.Document]:
    async with database.read() as connection:
        rows = (await connection.execute(select(spool_table.c.document).order_by(spool_table.c.sequence))).scalars()
        return [document_pb2.Document.FromString(row) for row in rows]


async def count(database: Database, table) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def make_due(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(update(revisit).values(due_at=datetime.now(UTC) - timedelta(minutes=1)))


@pytest.fixture
def looks(bench: Workbench, settings: Settings) -> Revisits:
    return Revisits(bench, lambda _source: Secrets(), settings, "me")


@pytest.mark.usefixtures("known")
async def test_nothing_is_looked_at_when_nothing_is_due(looks: Revisits) -> None:
    assert await looks.run_due() == 0


@pytest.mark.usefixtures("known")
async def test_nothing_is_spooled_when_a_page_is_as_it_was(bench: Workbench, looks: Revisits) -> None:
    await make_due(bench.database)
    assert await looks.run_due() == 1
    assert len(await spooled(bench.database)) == 1
    async with bench.database.read() as connection:
        assert (await connection.execute(select(revisit.c.step))).scalar_one() == 1


@pytest.mark.usefixtures("known")
async def test_an_edit_is_spooled_under_the_same_identity_when_the_text_changed(bench: Workbench, looks: Revisits, site: Site) -> None:
    site.pages["/a/1.html"] = article(LONG + "更正：以上数字有误。")
    await make_due(bench.database)
    await looks.run_due()
    first, second = await spooled(bench.database)
    assert (first.url, first.native_id) == (second.url, second.native_id)
    assert "更正" in second.text
    assert second.stored_page
    assert second.stored_page != first.stored_page


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("status", [404, 410])
async def test_a_takedown_is_spooled_once_when_the_page_is_gone(bench: Workbench, looks: Revisits, site: Site, status: int) -> None:
    site.pages["/a/1.html"] = Page(status=status)
    await make_due(bench.database)
    await looks.run_due()
    _first, second = await spooled(bench.database)
    assert second.vanished
    assert second.text == ""
    assert second.url == ADDRESS
    assert await count(bench.database, revisit) == 0


@pytest.mark.usefixtures("known")
async def test_an_image_is_known_by_its_bytes_when_looked_at_again(bench: Workbench, looks: Revisits, site: Site) -> None:
    pictures = "".join(f"<figure><img src='/i/{name}.jpg' width='600' height='400'></figure>" for name in ("1", "gone"))
    page = f"<html><body><article><h1>新闻</h1><p>{LONG}</p>{pictures}<p>{LONG}</p></article></body></html>"
    site.pages["/a/1.html"] = Page(page)
    site.pages["/i/1.jpg"] = Page(b"\x89PNG picture")
    for _ in range(2):
        await make_due(bench.database)
        await looks.run_due()
    documents = await spooled(bench.database)
    hashes = {image.url: image.sha256 for image in documents[-1].images}
    assert hashes["http://news.test/i/1.jpg"] == hashlib.sha256(b"\x89PNG picture").hexdigest()
    assert hashes["http://news.test/i/gone.jpg"] == ""
    assert site.asked["/i/1.jpg"] == 1
    assert len(documents) == 2


@pytest.mark.usefixtures("known")
async def test_a_mention_is_not_vanished_when_its_host_only_fails(bench: Workbench, looks: Revisits, site: Site) -> None:
    site.pages["/a/1.html"] = Page(status=500)
    await make_due(bench.database)
    await looks.run_due()
    assert len(await spooled(bench.database)) == 1
    assert await count(bench.database, revisit) == 1


@pytest.mark.usefixtures("known")
async def test_a_host_is_not_asked_when_its_budget_is_used_up(bench: Workbench, settings: Settings, site: Site) -> None:
    looks = Revisits(bench, lambda _source: Secrets(), settings.model_copy(update={"revisits_per_host_hour": 1}), "me")
    asked = site.asked["/a/1.html"]
    for _ in range(3):
        await make_due(bench.database)
        await looks.run_due()
    assert site.asked["/a/1.html"] == asked + 1


def test_a_budget_is_free_again_when_the_hour_is_over() -> None:
    budget = HostBudget(2)
    assert [budget.take("a", second) for second in (0, 1, 2, 3600.5, 3600.6, 3601.5)] == [True, True, False, True, False, True]
    assert budget.take("b", 2)


@pytest.mark.usefixtures("known")
async def test_nothing_is_left_of_a_mention_when_it_was_erased(bench: Workbench, settings: Settings, changes, make_source) -> None:
    fake, stub = changes
    database = bench.database
    (document,) = await spooled(database)
    for kind in (ingest_pb2.CHANGE_KIND_STORED, ingest_pb2.CHANGE_KIND_ERASED):
        fake.tell(kind, "mentions/1", site=document.site, url=document.canonical_url)
    task = asyncio.create_task(Following(database, stub).run())
    async with asyncio.timeout(20):
        while not await count(database, tombstone):
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await Housekeeping(database, bench.objects, Checking(stub), settings).run_once()

    assert await spooled(database) == []
    assert await count(database, revisit) == 0
    assert await count(database, stored_page) == 0
    assert not await bench.objects.exists(document.stored_page)
    async with database.read() as connection:
        source = await sources.get(connection, "s1")
    assert source is not None
    job = job_of(source, lambda _source: Secrets(), zone="Asia/Shanghai")
    await run.run(bench, job, (), Limits(10, 2))
    assert await spooled(database) == []
    assert (await audit.verify(database)).first_broken is None


@pytest.mark.usefixtures("known")
async def test_a_page_is_not_kept_again_when_it_still_shows_what_was_erased(bench: Workbench, site: Site, make_source) -> None:
    source = make_source(id="s2", parameters={"content": "entry"})
    async with bench.database.write() as connection:
        await sources.create(connection, source, host="news.test")
    job = job_of(source, lambda _source: Secrets(), zone="Asia/Shanghai")
    site.pages["/feed"] = Page(feed(("1", LONG)))
    await run.run(bench, job, (), Limits(10, 2))
    first = (await spooled(bench.database))[-1]
    async with bench.database.write() as connection:
        erased = await erasing.erase(connection, [document_key(first.site, first.native_id, first.url)], resource="mentions/1")
    assert (erased.stored_pages, erased.other_documents, erased.spooled_documents) == (1, 0, 1)
    site.pages["/feed"] = Page(feed(("1", LONG), ("2", LONG)))
    await run.run(bench, job, (), Limits(10, 2))
    last = (await spooled(bench.database))[-1]
    assert (last.url, last.stored_page) == ("http://news.test/2", "")


def grow_old(settings: Settings, digest: str, age: timedelta) -> None:
    """Lets an object seem to be stored so long ago."""
    (file,) = Path(settings.objects).rglob(digest)
    stored_at = (datetime.now(UTC) - age).timestamp()
    os.utime(file, (stored_at, stored_at))


@pytest.mark.usefixtures("known")
async def test_an_object_is_swept_only_when_it_is_old_and_nobodys_page(bench: Workbench, settings: Settings, checking: Checking) -> None:
    (document,) = await spooled(bench.database)
    left = await bench.objects.put("一个事务没有完成的网页".encode())
    young = await bench.objects.put("刚刚保存的网页".encode())
    for digest in (left, document.stored_page):
        grow_old(settings, digest, timedelta(days=2))
    grow_old(settings, young, timedelta(hours=20))
    house = Housekeeping(bench.database, bench.objects, checking, settings)
    for folder in FOLDERS:
        await house.sweep(folder)
    assert not await bench.objects.exists(left)
    assert await bench.objects.exists(young)
    assert await bench.objects.exists(document.stored_page)


@pytest.mark.usefixtures("known")
async def test_a_page_goes_when_its_time_is_over(bench: Workbench, settings: Settings, checking: Checking) -> None:
    house = Housekeeping(bench.database, bench.objects, checking, settings)
    (document,) = await spooled(bench.database)
    await house.run_once()
    assert await bench.objects.exists(document.stored_page)
    async with bench.database.write() as connection:
        await connection.execute(update(stored_page).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    await house.run_once()
    assert not await bench.objects.exists(document.stored_page)
    assert await count(bench.database, stored_page) == 0


async def test_the_days_patrols_are_planned_once_when_housekeeping_runs(bench: Workbench, settings: Settings, checking: Checking) -> None:
    patrol = PatrolList(
        "p1", "早巡", "people/a", (("贴吧", ""), ("微博", "")), (1, 2, 3, 4, 5, 6, 7), disabled=False, revision=1, created_at=datetime.now(UTC)
    )
    async with bench.database.write() as connection:
        await patrols.create(connection, patrol)
    house = Housekeeping(bench.database, bench.objects, checking, settings)
    await house.run_once()
    await house.run_once()
    assert await count(bench.database, patrol_visit) == 2


async def report(database: Database, **finding: str) -> None:
    message = people_pb2.Finding(**finding).SerializeToString()
    row = {"id": "r1", "receipt": "20260301-0001", "reporter": "people/a", "note": "", "finding": message, "created_at": datetime.now(UTC)}
    async with database.write() as connection:
        await reports.add(connection, row)
        await findings.add(connection, origin="employeeReports/r1", number=0, kind="report", message=message, traceparent="")


async def test_a_link_is_read_when_a_person_gave_it(bench: Workbench, downloads: Downloads, site: Site) -> None:
    site.pages["/a/1.html"] = article()
    await report(bench.database, url=ADDRESS, author="路人")
    worker = Findings(bench, downloads, SHANGHAI)
    assert await worker.run_waiting() == 1
    assert await worker.run_waiting() == 0
    (document,) = await spooled(bench.database)
    assert (document.url, document.origin, document.source_kind) == (ADDRESS, "employeeReports/r1", "report")
    assert document.text.startswith("这是一段")
    assert document.author.display_name == "路人"
    assert await bench.objects.exists(document.stored_page)


async def test_the_persons_words_count_when_the_link_cannot_be_read(bench: Workbench, downloads: Downloads, site: Site) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /")
    await report(bench.database, url=ADDRESS, text="有人说新品会冒烟")
    await Findings(bench, downloads, SHANGHAI).run_waiting()
    (document,) = await spooled(bench.database)
    assert (document.text, document.stored_page, document.url) == ("有人说新品会冒烟", "", ADDRESS)


async def test_the_reporter_learns_why_when_a_bare_link_cannot_be_read(bench: Workbench, downloads: Downloads) -> None:
    await report(bench.database, url="http://127.0.0.1/secret")
    worker = Findings(bench, downloads, SHANGHAI)
    await worker.run_waiting()
    assert await worker.run_waiting() == 0
    async with bench.database.read() as connection:
        row = await reports.get(connection, "r1")
    assert row is not None
    assert "公共互联网" in row["answer"]
    assert await spooled(bench.database) == []


async def test_a_link_is_tried_again_when_its_host_is_away(bench: Workbench, downloads: Downloads, site: Site) -> None:
    site.pages["/a/1.html"] = Page(status=500)
    await report(bench.database, url=ADDRESS)
    worker = Findings(bench, downloads, SHANGHAI)
    assert await worker.run_waiting() == 1
    assert await worker.run_waiting() == 0
    async with bench.database.read() as connection:
        assert (await spool.overview(connection)).waiting == 0
        row = await reports.get(connection, "r1")
    assert row is not None
    assert row["answer"] == ""
