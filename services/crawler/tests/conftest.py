"""What the crawler's tests share: a website of their own on the loopback interface, an indexing service that answers, a database."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

import yuqing_crawler
from yuqing.indexing.v1 import ingest_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_crawler.domain.guard import Address
from yuqing_crawler.domain.source import Source
from yuqing_crawler.engine.downloads import Downloads
from yuqing_crawler.engine.parsing import Parsers
from yuqing_crawler.engine.reading import Reader
from yuqing_crawler.engine.run import Workbench
from yuqing_crawler.settings import Settings
from yuqing_crawler.store.recorder import Recorder
from yuqing_crawler.workers.checking import Checking
from yuqing_runtime.database import Database
from yuqing_runtime.objects import Objects
from yuqing_runtime.serving import Registration
from yuqing_testkit.indexing import FakeChanges, FakeIndexing
from yuqing_testkit.services import Town
from yuqing_testkit.site import Site, running_site

MIGRATIONS = Path(yuqing_crawler.__file__).parent / "store" / "migrations"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Reachable as every name in `hosts_of`."""
    async with running_site() as site:
        yield site


NAMES = ("news.test", "other.test", "slow.test")


@pytest.fixture
def settings(site: Site, tmp_path: Path) -> Settings:
    return Settings(
        hosts=dict.fromkeys(NAMES, f"127.0.0.1:{site.port}"),
        requests_per_second=0,
        fetch_seconds=5,
        retries=1,
        objects=str(tmp_path / "pages"),
    )


async def lookup(name: str) -> list[Address]:
    """The names that lead where they must not; no other name is known."""
    inside = {"inside.test": "10.0.0.7", "mapped.test": "::ffff:127.0.0.1", "cgnat.test": "100.64.1.1", "local.test": "169.254.169.254"}
    if name in inside:
        return [ip_address(inside[name])]
    raise OSError(name)


@pytest.fixture
async def downloads(settings: Settings) -> AsyncIterator[Downloads]:
    opened = await Downloads.open(settings, lookup)
    yield opened
    await opened.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, schema="crawler")
    await opened.migrate(MIGRATIONS)
    yield opened
    await opened.close()


@pytest.fixture
async def bench(database: Database, downloads: Downloads, settings: Settings) -> AsyncIterator[Workbench]:
    parsers = Parsers(0)
    reader = Reader(downloads, parsers)
    recorder = Recorder(database, stored_page_age=timedelta(days=90), first_revisit=timedelta(minutes=15))
    yield Workbench(database, reader, recorder, Objects.open(settings.objects))
    parsers.close()


@pytest.fixture
async def changes(tmp_path: Path) -> AsyncIterator[tuple[FakeChanges, ingest_pb2_grpc.ChangeServiceStub]]:
    """The index's feed, and the crawler's way to it."""
    town, fake = Town(tmp_path / "keys"), FakeChanges()
    registration = Registration(ingest_pb2_grpc.add_ChangeServiceServicer_to_server, fake)
    async with town.running("indexing", [registration]) as address, town.channel("crawler", "indexing", address) as channel:
        yield fake, ingest_pb2_grpc.ChangeServiceStub(channel)


@pytest.fixture
def checking(changes: tuple[FakeChanges, ingest_pb2_grpc.ChangeServiceStub]) -> Checking:
    return Checking(changes[1])


SourceMaker = Callable[..., Source]


@pytest.fixture
def make_source() -> SourceMaker:
    """Makes sources that may run: feeds at news.test."""
    return _source


def _source(**changes: object) -> Source:
    now = datetime.now(UTC)
    values: dict[str, object] = {
        "id": "s1",
        "display_name": "新闻",
        "kind": "feed",
        "medium": int(types_pb2.MEDIUM_NEWS),
        "address": "http://news.test/feed",
        "parameters": {},
        "secrets": None,
        "secret_names": (),
        "legal_basis": "公开信息",
        "owner": "people/zhang-san",
        "minimum_interval_seconds": 60.0,
        "maximum_interval_seconds": 3600.0,
        "requests_per_second": 0.0,
        "time_zone": "",
        "paused": False,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }
    return Source(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class Indexing:
    """A running fake, and how to call it."""

    fake: FakeIndexing
    town: Town
    address: str
    stub: ingest_pb2_grpc.IngestServiceStub


@pytest.fixture
async def indexing(tmp_path: Path) -> AsyncIterator[Indexing]:
    """A real gRPC server of indexing's contract, called as the crawler."""
    town, fake = Town(tmp_path / "keys"), FakeIndexing()
    registration = Registration(ingest_pb2_grpc.add_IngestServiceServicer_to_server, fake)
    async with town.running("indexing", [registration]) as address, town.channel("crawler", "indexing", address) as channel:
        yield Indexing(fake, town, address, ingest_pb2_grpc.IngestServiceStub(channel))
