"""Keeps what was read: documents, further pages, cursor and evidence of a page in one transaction, several pages to a commit.

Pages that end while a transaction is being written share the next one. A disk that takes 10 ms to sync thus limits latency, not throughput.
Questions that come together are answered by one transaction, too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

from sqlalchemy import ColumnElement, LargeBinary, Table, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.domain.entries import PageRecord, PageState, PendingPage, Recorded, SpoolEntry
from yuqing_crawler.domain.keys import address_key, follow_key
from yuqing_crawler.domain.kinds.kind import Follow
from yuqing_crawler.store import findings, spool, tombstones
from yuqing_crawler.store.tables import (
    frontier,
    page_document,
    page_state,
    revisit,
    schedule,
    seen,
    source_hour,
    stored_page,
)
from yuqing_runtime import clock
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.together import Together

PAGES_PER_COMMIT = 64
PAGES_PER_READ = 64
GATHER_SECONDS = 0.03
"""A transaction of one page has nearly as many statements as one of many, and what it leads to waits for others anyway."""

SeenKey = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Fresh:
    """The keys of what is new or says something else than before; and whether something that was erased stood beside it."""

    keys: set[bytes]
    shows_erased: bool = False


class Recorder:
    """Writes page records; calls that come together are committed together."""

    def __init__(self, database: Database, *, stored_page_age: timedelta, first_revisit: timedelta | None) -> None:
        self._database = database
        self._stored_page_age = stored_page_age
        self._first_revisit = first_revisit
        self._recording = Together(self._commit, most=PAGES_PER_COMMIT, gather_seconds=GATHER_SECONDS)
        self._asking_fresh = Together(self._fresh_of, most=PAGES_PER_READ)
        self._asking_states = Together(self._states_of, most=PAGES_PER_READ)

    async def fresh(self, entries: Sequence[SpoolEntry]) -> Fresh:
        """Which of them are new or changed: whether a page is worth keeping is decided before it is stored."""
        return await self._asking_fresh.ask(entries)

    async def state_of(self, source_id: str, key: bytes) -> PageState:
        """What a page said of its version when it was read last."""
        return await self._asking_states.ask((source_id, key))

    async def record(self, page: PageRecord) -> Recorded:
        """Keeps it; durable when it returns."""
        return await self._recording.ask(page)

    async def _fresh_of(self, pages: Sequence[Sequence[SpoolEntry]]) -> list[Fresh]:
        entries = [entry for of_page in pages for entry in of_page]
        async with self._database.read() as connection:
            known = await _contents(connection, [(entry.source_id, entry.seen_key) for entry in entries])
            erased = await tombstones.erased(connection, [entry.key for entry in entries])
        return [_fresh(of_page, known, erased) for of_page in pages]

    async def _states_of(self, keys: Sequence[SeenKey]) -> list[PageState]:
        query = select(page_state.c.source_id, page_state.c.key, page_state.c.etag, page_state.c.last_modified, page_state.c.payload_sha256)
        async with self._database.read() as connection:
            rows = await connection.execute(query.where(_among(page_state, keys)))
            states = {(source_id, key): PageState(*state) for source_id, key, *state in rows}
        return [states.get(key, PageState()) for key in keys]

    async def _commit(self, pages: Sequence[PageRecord]) -> list[Recorded]:
        async with self._database.write() as connection:
            now = await clock.now(connection)
            fresh, follow = await _what_is_new(connection, pages, now)
            pending = await _lead_on(connection, pages, follow)
            await _leave_frontier(connection, pages)
            await _move_cursors(connection, pages)
            await _keep_states(connection, pages, now)
            await self._keep_evidence(connection, pages, fresh)
            entries = [entry for of_page in fresh for entry in of_page]
            await _count_items(connection, entries, now)
            await self._plan_revisits(connection, entries, now)
            for page in pages:
                if page.finding_id is not None:
                    await findings.done(connection, page.finding_id)
            await spool.add(connection, entries, now)
        return [Recorded(len(of_page), pages_to_read) for of_page, pages_to_read in zip(fresh, pending, strict=True)]

    async def _keep_evidence(self, connection: AsyncConnection, pages: Sequence[PageRecord], fresh: Sequence[Sequence[SpoolEntry]]) -> None:
        rows = [
            {**asdict(page.stored), "source_id": page.source_id, "expires_at": page.stored.fetched_at + self._stored_page_age}
            for page in pages
            if page.stored is not None
        ]
        links = [
            {"document_key": entry.key, "sha256": page.stored.sha256}
            for page, entries in zip(pages, fresh, strict=True)
            if page.stored is not None
            for entry in entries
        ]
        for table, values in ((stored_page, rows), (page_document, links)):
            if values:
                await connection.execute(upsert(table, connection).on_conflict_do_nothing(), values)

    async def _plan_revisits(self, connection: AsyncConnection, entries: Sequence[SpoolEntry], now: datetime) -> None:
        if self._first_revisit is None:
            return
        due_at = now + self._first_revisit
        rows = [
            {
                "document_key": entry.key,
                "source_id": entry.source_id,
                "host": entry.revisit.host,
                "url": entry.revisit.url,
                "document": entry.message,
                "text": entry.revisit.text,
                "heat": entry.revisit.heat,
                "step": 0,
                "first_at": now,
                "due_at": due_at,
                "leased_until_milliseconds": 0,
            }
            for entry in entries
            if entry.revisit is not None
        ]
        if rows:
            plan = upsert(revisit, connection)
            text = func.coalesce(func.nullif(plan.excluded.text, literal(b"", LargeBinary)), revisit.c.text)
            newer = {"document": plan.excluded.document, "heat": plan.excluded.heat, "text": text}
            await connection.execute(plan.on_conflict_do_update(index_elements=["document_key"], set_=newer), rows)


def _fresh(entries: Sequence[SpoolEntry], known: Mapping[SeenKey, bytes], erased: set[bytes]) -> Fresh:
    keys = {entry.key for entry in entries}
    changed = {entry.key for entry in entries if known.get((entry.source_id, entry.seen_key)) != entry.content}
    return Fresh(changed - erased, shows_erased=not keys.isdisjoint(erased))


async def _contents(connection: AsyncConnection, keys: Sequence[SeenKey]) -> dict[SeenKey, bytes]:
    if not keys:
        return {}
    rows = await connection.execute(select(seen.c.source_id, seen.c.key, seen.c.content).where(_among(seen, keys)))
    return {(source_id, key): content for source_id, key, content in rows}


def _among(table: Table, keys: Iterable[SeenKey]) -> ColumnElement[bool]:
    """Rows of `seen` or `page_state` that have one of these sources and keys."""
    by_source: defaultdict[str, list[bytes]] = defaultdict(list)
    for source_id, key in keys:
        by_source[source_id].append(key)
    return or_(*(and_(table.c.source_id == source_id, table.c.key.in_(found)) for source_id, found in by_source.items()))


async def _what_is_new(connection: AsyncConnection, pages: Sequence[PageRecord], now: datetime) -> tuple[list[list[SpoolEntry]], list[list[Follow]]]:
    """For each page the documents that are new or changed, and the pages that are to be read; both are marked as seen."""
    keys = [entry.key for page in pages for entry in page.entries] + [address_key(follow.url) for page in pages for follow in page.follow]
    erased = await tombstones.erased(connection, keys)
    offered: dict[SeenKey, SpoolEntry] = {}
    once: dict[SeenKey, Follow] = {}
    for page in pages:
        for entry in page.entries:
            if entry.key not in erased:
                offered.setdefault((page.source_id, entry.seen_key), entry)
        for follow in page.follow:
            if follow.once_key and address_key(follow.url) not in erased:
                once.setdefault((page.source_id, follow_key(follow.once_key)), follow)
    contents = {**{name: entry.content for name, entry in offered.items()}, **dict.fromkeys(once, b"")}
    changed = await _mark_seen(connection, contents, now)
    # Each new thing is taken where it was first offered, and only there.
    new_entries = {name: entry for name, entry in offered.items() if name in changed}
    new_pages = {name: follow for name, follow in once.items() if name in changed}
    fresh = [
        [entry for entry in page.entries if new_entries.get(name := (page.source_id, entry.seen_key)) is entry and new_entries.pop(name)]
        for page in pages
    ]
    follow = [[each for each in page.follow if _is_wanted(page.source_id, each, new_pages, erased)] for page in pages]
    return fresh, follow


def _is_wanted(source_id: str, follow: Follow, new_pages: dict[SeenKey, Follow], erased: set[bytes]) -> bool:
    if follow.once_key:
        name = (source_id, follow_key(follow.once_key))
        return new_pages.get(name) is follow and new_pages.pop(name) is follow
    return address_key(follow.url) not in erased


async def _mark_seen(connection: AsyncConnection, contents: Mapping[SeenKey, bytes], now: datetime) -> set[SeenKey]:
    """Remembers contents and returns the keys whose content is not what was remembered."""
    if not contents:
        return set()
    rows = [{"source_id": source_id, "key": key, "content": content, "at": now} for (source_id, key), content in contents.items()]
    mark = upsert(seen, connection)
    mark = mark.on_conflict_do_update(
        index_elements=["source_id", "key"],
        set_={"content": mark.excluded.content, "at": mark.excluded.at},
        where=seen.c.content != mark.excluded.content,
    )
    return {(row[0], row[1]) for row in await connection.execute(mark.returning(seen.c.source_id, seen.c.key), rows)}


async def _lead_on(connection: AsyncConnection, pages: Sequence[PageRecord], wanted: Sequence[Sequence[Follow]]) -> list[tuple[PendingPage, ...]]:
    """Puts the pages that these lead to into the frontier."""
    found = [(page.source_id, follow, dict(page.page.cursor)) for page, follows in zip(pages, wanted, strict=True) for follow in follows]
    if not found:
        return [() for _ in pages]
    rows = [{"source_id": source_id, "follow": _to_json(follow), "cursor": cursor, "attempts": 0} for source_id, follow, cursor in found]
    added = await connection.execute(insert(frontier).returning(frontier.c.id, sort_by_parameter_order=True), rows)
    pending = iter([PendingPage(follow, number, cursor) for (_, follow, cursor), number in zip(found, added.scalars(), strict=True)])
    return [tuple(islice(pending, len(follows))) for follows in wanted]


async def _leave_frontier(connection: AsyncConnection, pages: Iterable[PageRecord]) -> None:
    done = [page.page.frontier_id for page in pages if page.page.frontier_id is not None]
    if done:
        await connection.execute(delete(frontier).where(frontier.c.id.in_(done)))


async def _move_cursors(connection: AsyncConnection, pages: Iterable[PageRecord]) -> None:
    changes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for page in pages:
        if page.cursor:
            changes[page.source_id].update(page.cursor)
    for source_id, change in changes.items():
        present = await connection.execute(select(schedule.c.cursor).where(schedule.c.source_id == source_id).with_for_update())
        cursor = cast("dict[str, str] | None", present.scalar_one_or_none())
        if cursor is not None:
            await connection.execute(update(schedule).where(schedule.c.source_id == source_id).values(cursor={**cursor, **change}))


async def _keep_states(connection: AsyncConnection, pages: Iterable[PageRecord], now: datetime) -> None:
    states = {(page.source_id, page.state_key): page.state for page in pages if page.state is not None}
    rows = [{"source_id": source_id, "key": key, **asdict(state), "at": now} for (source_id, key), state in states.items()]
    if rows:
        keep = upsert(page_state, connection)
        newer = {name: keep.excluded[name] for name in ("etag", "last_modified", "payload_sha256", "at")}
        await connection.execute(keep.on_conflict_do_update(index_elements=["source_id", "key"], set_=newer), rows)


async def _count_items(connection: AsyncConnection, entries: Sequence[SpoolEntry], now: datetime) -> None:
    counts = Counter(entry.source_id for entry in entries)
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = [{"source_id": source_id, "hour": hour, "items": count} for source_id, count in counts.items() if source_id]
    if rows:
        count = upsert(source_hour, connection)
        more = {"items": source_hour.c["items"] + count.excluded["items"]}
        await connection.execute(count.on_conflict_do_update(index_elements=["source_id", "hour"], set_=more), rows)


def _to_json(follow: Follow) -> dict[str, object]:
    return {
        "url": follow.url,
        "role": follow.role,
        "priority": follow.priority,
        "meta": dict(follow.meta),
        "headers": dict(follow.headers),
        "once_key": follow.once_key,
    }
