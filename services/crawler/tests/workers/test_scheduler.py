"""The scheduler: who runs when, and what a source's runs say of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from yuqing_crawler.domain.health import HealthState
from yuqing_crawler.domain.source import Standing
from yuqing_crawler.engine.run import Workbench
from yuqing_crawler.engine.secrets import Secrets
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import events, schedules, sources
from yuqing_crawler.workers.scheduler import Scheduler
from yuqing_testkit.site import Page, Site, feed

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8


@asynccontextmanager
async def scheduling(bench: Workbench, settings: Settings, holder: str = "me") -> AsyncIterator[None]:
    task = asyncio.create_task(Scheduler(bench, lambda _source: Secrets(), settings, holder).run())
    try:
        yield
    finally:
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError), result


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


async def add(bench: Workbench, *made) -> None:
    async with bench.database.write() as connection:
        for source in made:
            await sources.create(connection, source, host="news.test")


async def standing(bench: Workbench, source_id: str = "s1") -> Standing:
    async with bench.database.read() as connection:
        return (await schedules.standings_of(connection, [source_id]))[source_id]


def reaches(bench: Workbench, state: HealthState, source_id: str = "s1") -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return (await standing(bench, source_id)).state is state

    return there


async def test_a_source_is_healthy_when_it_was_read(bench: Workbench, settings: Settings, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG), ("b", LONG)))
    await add(bench, make_source(parameters={"content": "entry"}))
    async with scheduling(bench, settings):
        await eventually(reaches(bench, HealthState.HEALTHY))
    now = await standing(bench)
    assert now.last_success_at is not None
    assert (now.items_last_day, now.errors, now.failures) == (2, {}, 0)
    assert now.lag_seconds is not None


async def test_a_refusal_is_an_event_when_robots_forbid(bench: Workbench, settings: Settings, site: Site, make_source) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /")
    await add(bench, make_source())
    async with scheduling(bench, settings):
        await eventually(reaches(bench, HealthState.REFUSED))
    async with bench.database.read() as connection:
        (event,) = await events.page(connection, source_id="s1", before=None, limit=5)
    assert event["after"] == HealthState.REFUSED
    assert "robots" in event["detail"]
    assert (await standing(bench)).errors == {"robots": 1}


async def test_a_source_fails_and_is_well_again_when_its_host_comes_back(bench: Workbench, settings: Settings, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(status=500)
    await add(bench, make_source(minimum_interval_seconds=1.0, maximum_interval_seconds=1.0, parameters={"content": "entry"}))
    quick = settings.model_copy(update={"retries": 0})
    async with scheduling(bench, quick):
        await eventually(reaches(bench, HealthState.FAILING))
        site.pages["/feed"] = Page(feed(("a", LONG)))
        await eventually(reaches(bench, HealthState.HEALTHY))
    async with bench.database.read() as connection:
        found = await events.page(connection, source_id="s1", before=None, limit=5)
    assert [event["after"] for event in found] == [HealthState.HEALTHY, HealthState.FAILING]


async def test_a_blocked_source_is_not_asked_when_others_are(bench: Workbench, settings: Settings, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG)))
    blocked = make_source(id="s2", owner="", address="http://news.test/blocked")
    await add(bench, make_source(parameters={"content": "entry"}), blocked)
    async with scheduling(bench, settings):
        await eventually(reaches(bench, HealthState.HEALTHY))
    assert "/blocked" not in site.asked
    assert (await standing(bench, "s2")).state is HealthState.BLOCKED


async def test_a_source_runs_at_once_when_a_person_asks(bench: Workbench, settings: Settings, site: Site, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG)))
    source = make_source(parameters={"content": "entry"}, minimum_interval_seconds=3600.0, maximum_interval_seconds=3600.0)
    await add(bench, source)
    async with scheduling(bench, settings):
        await eventually(reaches(bench, HealthState.HEALTHY))
        async with bench.database.write() as connection:
            await sources.run_now(connection, "s1", await bench.database.now(connection))

        async def asked_again() -> bool:
            return site.asked["/feed"] == 2

        await eventually(asked_again)


async def test_a_source_that_cannot_be_understood_says_so_when_due(bench: Workbench, settings: Settings, make_source) -> None:
    await add(bench, make_source(parameters={"nobody_knows": 1}))
    async with scheduling(bench, settings):

        async def told() -> bool:
            return "nobody_knows" in (await standing(bench)).detail

        await eventually(told)
    assert (await standing(bench)).failures == 1


async def test_each_source_is_run_by_one_of_two_replicas_when_both_work(bench: Workbench, settings: Settings, site: Site, make_source) -> None:
    made = [make_source(id=f"s{number}", address=f"http://news.test/feed{number}", parameters={"content": "entry"}) for number in range(8)]
    for number in range(8):
        site.pages[f"/feed{number}"] = Page(feed((f"a{number}", LONG)), delay_seconds=0.05)
    await add(bench, *(replace(source, minimum_interval_seconds=3600.0, maximum_interval_seconds=3600.0) for source in made))
    async with scheduling(bench, settings, "one"), scheduling(bench, settings, "two"):
        for number in range(8):
            await eventually(reaches(bench, HealthState.HEALTHY, f"s{number}"))
    assert all(site.asked[f"/feed{number}"] == 1 for number in range(8))
