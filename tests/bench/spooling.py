"""Fills the crawler's spool with texts of the world, as a long crawl would, and waits until they can be searched."""

import asyncio
import hashlib
import signal
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import httpx

from yuqing.indexing.v1 import document_pb2
from yuqing.type.v1 import types_pb2
from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.domain.keys import content_hash, document_key
from yuqing_crawler.store import spool
from yuqing_runtime import clock
from yuqing_runtime.database import Database
from yuqing_testkit.agreement import eventually
from yuqing_testkit.system import System
from yuqing_world.story.item import Item, Kind
from yuqing_world.story.world import World

MENTIONS = "mentions-*"
_ROWS = 2_000
_POLL_SECONDS = 0.1
_LONGEST_SECONDS = 300.0
_ASKING = httpx.Client(trust_env=False, timeout=60)
"""One client: making another for each question costs more than the question."""
_KINDS = {
    Kind.NEWS: document_pb2.ITEM_KIND_ARTICLE,
    Kind.COMMENT: document_pb2.ITEM_KIND_COMMENT,
    Kind.POST: document_pb2.ITEM_KIND_POST,
    Kind.REVIEW: document_pb2.ITEM_KIND_REVIEW,
    Kind.MICROBLOG: document_pb2.ITEM_KIND_POST,
}
_LENGTHS = (0, 0, 120, 0, 0, 300, 0, 1_200)
"""Characters that every n-th text has at least, by going on with others: the world is terser than newspapers are."""
_TOLD = datetime.now(UTC) - timedelta(days=3)


def documents(count: int) -> list[document_pb2.Document]:
    """The texts of a world of that size, from one-word answers to long articles, as the crawler would hand them on."""
    world = World(posts=count, start=_TOLD, speed=1.0)
    at = world.now()
    found = [document for item in world.items_at(at) if (document := _document(world, item, at)).text.strip()]
    others = cycle([document.text for document in found])
    for document, length in zip(found, cycle(_LENGTHS), strict=False):
        while len(document.text) < length:
            document.text += f"\n{next(others)}"
    return found


def _document(world: World, item: Item, at: datetime) -> document_pb2.Document:
    counts = world.counts(item, at)
    document = document_pb2.Document(
        source="sources/bench",
        source_kind="api",
        medium=types_pb2.Medium.Value(f"MEDIUM_{item.medium.upper()}"),
        site=item.site,
        native_id=item.native_id,
        url=item.url,
        item_kind=_KINDS[item.kind],
        title=item.title,
        text=item.text_at(at),
        author=document_pb2.Author(display_name=item.author.name, followers=item.author.followers),
        outlet=item.outlet,
        published_precision=types_pb2.TIME_PRECISION_SECOND,
        language="zh",
        region=item.region,
        counts=document_pb2.Counts(likes=counts.likes, comments=counts.comments, reposts=counts.reposts),
        product=item.product,
        stored_page=hashlib.sha256(item.key.encode()).hexdigest(),
    )
    if item.rating is not None:
        document.rating = item.rating
    document.published_time.FromDatetime(item.published_at)
    return document


def entries(texts: Sequence[document_pb2.Document], tag: str) -> list[SpoolEntry]:
    """The texts as new documents: the tag makes their ids and addresses others than before."""
    return [_entry(text, tag) for text in texts]


def _entry(text: document_pb2.Document, tag: str) -> SpoolEntry:
    document = document_pb2.Document()
    document.CopyFrom(text)
    document.native_id = f"{tag}-{text.native_id}"
    document.url = f"http://{text.site}/{document.native_id}"
    document.fetched_time.FromDatetime(datetime.now(UTC))
    message = document.SerializeToString()
    return SpoolEntry("", document_key(document.site, document.native_id, document.url), content_hash(message), message)


def ship(system: System, waiting: Sequence[SpoolEntry]) -> float:
    """Puts the entries into the spool, lets the crawler go, and gives the seconds until all of them can be searched."""
    wanted = searchable(system.note.elasticsearch) + len(waiting)
    with _standing_still(system) as database:
        asyncio.run(_fill(database, waiting))
        begun = time.perf_counter()
    return until(lambda: searchable(system.note.elasticsearch) >= wanted) - begun


async def _fill(database: Path, waiting: Sequence[SpoolEntry]) -> None:
    opened = await Database.open(f"sqlite+aiosqlite:///{database}", schema="crawler")
    try:
        async with opened.write() as connection:
            now = await clock.now(connection)
            for start in range(0, len(waiting), _ROWS):
                await spool.add(connection, waiting[start : start + _ROWS], now)
    finally:
        await opened.close()


@contextmanager
def _standing_still(system: System) -> Generator[Path]:
    """Stops the crawler's process, at a moment when it holds no lock, for as long as the block takes: the clock starts with its next breath."""
    database = system.var / "crawler.sqlite"
    (process,) = system.processes("crawler")
    eventually(lambda: _stopped_without_lock(process.send_signal, database), seconds=60)
    yield database
    process.send_signal(signal.SIGCONT)


def _stopped_without_lock(send_signal: Callable[[signal.Signals], None], database: Path) -> bool:
    send_signal(signal.SIGSTOP)
    try:
        with closing(sqlite3.connect(database, timeout=0.2)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except sqlite3.OperationalError:
        send_signal(signal.SIGCONT)
        return False
    return True


def searchable(elasticsearch: str, index: str = MENTIONS) -> int:
    """How many documents a search finds now."""
    reply = _ASKING.get(f"{elasticsearch}/{index}/_count")
    return reply.json()["count"] if reply.is_success else 0


def until(condition: Callable[[], bool]) -> float:
    """The moment (perf_counter) when the condition was seen to hold. TimeoutError when it does not come to that."""
    given_up = time.perf_counter() + _LONGEST_SECONDS
    while not condition():
        if time.perf_counter() > given_up:
            raise TimeoutError(f"not within {_LONGEST_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    return time.perf_counter()
