"""Replicas share sources and hosts by leases that the database's clock ends."""

from datetime import timedelta

from sqlalchemy import select, update

from yuqing_crawler.domain.health import HealthState
from yuqing_crawler.domain.source import Standing
from yuqing_crawler.store import events, hosts, schedules, sources
from yuqing_crawler.store.tables import schedule
from yuqing_runtime.database import Database


async def add(database: Database, *made, host: str = "news.test") -> None:
    async with database.write() as connection:
        for source in made:
            await sources.create(connection, source, host=host)


async def claim(database: Database, holder: str, *, seconds: float = 60, limit: int = 10) -> list[str]:
    async with database.write() as connection:
        return [due.source.id for due in await schedules.claim_due(connection, holder, limit=limit, seconds=seconds, pages=10)]


async def test_a_source_is_run_by_one_replica_when_two_ask(database: Database, make_source) -> None:
    await add(database, make_source(id="s1"))
    assert await claim(database, "a") == ["s1"]
    assert await claim(database, "b") == []
    assert await claim(database, "a") == []


async def test_a_source_goes_to_another_replica_when_its_lease_runs_out(database: Database, make_source) -> None:
    await add(database, make_source(id="s1"))
    assert await claim(database, "a", seconds=0) == ["s1"]
    assert await claim(database, "b") == ["s1"]


async def test_one_replica_speaks_to_a_host_when_several_sources_are_there(database: Database, make_source) -> None:
    await add(database, make_source(id="s1"), make_source(id="s2"))
    await add(database, make_source(id="s3"), host="other.test")
    assert await claim(database, "a", limit=1) == ["s1"]
    assert await claim(database, "b") == ["s3"]
    assert await claim(database, "a") == ["s2"]


async def test_a_host_rests_for_all_when_it_asked_to(database: Database, make_source) -> None:
    await add(database, make_source(id="s1"), make_source(id="s2"))
    await claim(database, "a", limit=1)
    async with database.write() as connection:
        await hosts.hold(connection, "news.test", seconds=60)
    assert await claim(database, "a") == []
    async with database.write() as connection:
        await hosts.hold(connection, "news.test", seconds=0)
    assert await claim(database, "a") == ["s2"]


async def test_a_source_does_not_run_when_people_do_not_let_it(database: Database, make_source) -> None:
    await add(database, make_source(id="s1", legal_basis=""), make_source(id="s2", paused=True), make_source(id="s3"))
    assert await claim(database, "a") == ["s3"]


async def test_a_running_source_is_kept_when_its_lease_is_renewed(database: Database, make_source) -> None:
    await add(database, make_source(id="s1"))
    await claim(database, "a", seconds=0)
    async with database.write() as connection:
        await schedules.renew(connection, "a", ["s1"], seconds=60)
    assert await claim(database, "b") == []


async def test_a_source_is_free_and_due_later_when_its_run_ends(database: Database, make_source) -> None:
    source = make_source(id="s1")
    await add(database, source)
    await claim(database, "a")
    after = Standing(state=HealthState.FAILING, interval_seconds=120, failures=3, errors={"timeout": 2}, detail="zu langsam")
    async with database.write() as connection:
        await schedules.finish(connection, source, after, next_run_in_seconds=500)
    async with database.read() as connection:
        standing = (await schedules.standings_of(connection, ["s1"]))["s1"]
        (event,) = await events.page(connection, source_id="s1", before=None, limit=10)
        now = await database.now(connection)
        leased = (await connection.execute(select(schedule.c.leased_until_milliseconds))).scalar_one()
    assert (standing.state, standing.failures, standing.errors) == (HealthState.FAILING, 3, {"timeout": 2})
    assert standing.next_run_at is not None
    assert timedelta(seconds=480) < standing.next_run_at - now <= timedelta(seconds=500)
    assert (event["before"], event["after"], event["detail"]) == (HealthState.NEW, HealthState.FAILING, "zu langsam")
    assert leased == 0


async def test_no_event_is_written_when_the_state_stays(database: Database, make_source) -> None:
    source = make_source(id="s1")
    await add(database, source)
    async with database.write() as connection:
        await connection.execute(update(schedule).values(state=HealthState.HEALTHY))
        await schedules.finish(connection, source, Standing(state=HealthState.HEALTHY, interval_seconds=60), next_run_in_seconds=60)
        assert await events.page(connection, source_id="", before=None, limit=10) == []


async def test_a_source_may_be_removed_when_its_run_has_not_ended(database: Database, make_source) -> None:
    source = make_source(id="s1")
    await add(database, source)
    await claim(database, "a")
    async with database.write() as connection:
        await sources.remove(connection, "s1")
        await schedules.finish(connection, source, Standing(interval_seconds=60), next_run_in_seconds=60)
        assert await sources.get(connection, "s1") is None
