"""The registry of mentions: one lock decides which mention a document's keys belong to and in which month it lives.

It is in SQL and not in the index, because only here two replicas at the turn of a month, or two documents with one address between them,
cannot both be first. The index follows what stands here.
"""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import ingest_pb2
from yuqing_indexing.domain.announcing import ChangeKind, change_between
from yuqing_indexing.domain.document import Document
from yuqing_indexing.domain.ids import tombstone_key
from yuqing_indexing.domain.ports import Claim, Place, Told
from yuqing_indexing.store import tables
from yuqing_indexing.store.holds import HELD_MENTIONS
from yuqing_runtime import feed, order
from yuqing_runtime.database import Database
from yuqing_runtime.feed import NewChange
from yuqing_runtime.rows import among, execute_rows

FEED = "mentions"
"""The name of the feed of changes."""


class SqlRegistry:
    """The port `Registry` on the service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def places(self, mentions: Collection[str]) -> list[Place]:
        """See `domain.ports.Registry`."""
        async with self._database.read() as connection:
            return await places_of(connection, mentions)

    async def claim(self, claims: Sequence[Claim]) -> list[Place | None]:
        """See `domain.ports.Registry`."""
        keys = {key for claim in claims for key in claim.keys}
        if not keys:
            return []
        async with self._database.write() as connection:
            await order.hold(connection)
            erased = await erased_keys(connection, keys)
            owners = await _owners(connection, keys)
            resolution = _Resolution(owners, await _months(connection, {*keys, *owners.values()}))
            places = [None if erased.intersection(claim.keys) else resolution.place(claim) for claim in claims]
            await _insert_new(connection, resolution)
        return places

    async def tell(self, told: Sequence[Told]) -> frozenset[str]:
        """See `domain.ports.Registry`."""
        if not told:
            return frozenset()
        async with self._database.write() as connection:
            await order.hold(connection)
            query = select(tables.mention.c.id, tables.mention.c.told).where(among(tables.mention.c.id, [each.id for each in told], connection))
            before = {row.id: row.told for row in await connection.execute(query)}
            kinds = {each.id: change_between(before[each.id], each.announcement) for each in told if each.id in before}
            news = [(each, kind) for each in told if (kind := kinds.get(each.id)) is not None]
            if news:
                statement = update(tables.mention).where(tables.mention.c.id == bindparam("key")).values(told=bindparam("news"))
                rows = [{"key": each.id, "news": each.announcement} for each, _ in news]
                await execute_rows(connection, statement, sorted(rows, key=itemgetter("key")))
                await feed.append_all(connection, FEED, [change_row(each.id, kind, each.document, topics=each.topics) for each, kind in news])
        return frozenset(each.id for each in told if each.id not in before)


def change_row(mention: str, kind: ChangeKind, document: Document, *, topics: Iterable[str] = ()) -> NewChange:
    """A row of the feed; sequence and time are the row's own and are put in when it is read."""
    payload = ingest_pb2.WatchChangesResponse(
        mention=f"mentions/{mention}",
        kind=ingest_pb2.ChangeKind.Value(f"CHANGE_KIND_{kind.value}"),
        source=document.source,
        site=document.site,
        native_id=document.native_id,
        url=document.url,
        topics=topics,
    )
    return NewChange(kind.value, f"mentions/{mention}", payload.SerializeToString())


async def places_of(connection: AsyncConnection, mentions: Collection[str]) -> list[Place]:
    """Where the mentions live; those that were erased, or dropped with their month, are left out."""
    query = select(tables.mention.c.id, tables.mention.c.month).where(among(tables.mention.c.id, mentions, connection))
    return [Place(row.id, row.month) for row in await connection.execute(query)]


async def aliases_of(connection: AsyncConnection, *chosen: ColumnElement[bool]) -> list[str]:
    """The keys, beside their ids, that lead to the mentions that are chosen so."""
    found = await connection.execute(select(tables.mention.c.aliases).where(*chosen))
    return [key for aliases in found.scalars() for key in aliases.split()]


async def mentions_of(connection: AsyncConnection, month: str) -> int:
    """How many mentions live in a month."""
    return (await connection.execute(select(func.count()).select_from(tables.mention).where(tables.mention.c.month == month))).scalar_one()


async def forget_month(connection: AsyncConnection, month: str) -> int:
    """Forgets the mentions of a month that was dropped, with their aliases, but for those under a legal hold; returns how many."""
    gone = tables.mention.c.month == month, tables.mention.c.id.not_in(HELD_MENTIONS)
    aliases = await aliases_of(connection, *gone)
    await connection.execute(delete(tables.alias).where(among(tables.alias.c.key, aliases, connection)))
    return (await connection.execute(delete(tables.mention).where(*gone))).rowcount


class _Resolution:
    """Finds each claim's mention among what is known and what earlier claims of the batch just made."""

    def __init__(self, owners: dict[str, str], months: dict[str, str]) -> None:
        self._owners = owners
        self._months = months
        self.mentions: dict[str, str] = {}
        """The months of the new ones."""
        self.aliases: dict[str, list[str]] = {}
        """The new keys of mentions, new or not."""

    def place(self, claim: Claim) -> Place:
        known = next((owner for key in claim.keys if (owner := self._owner(key)) is not None), None)
        mention = known or claim.keys[0]
        if known is None:
            self.mentions[mention] = self._months[mention] = claim.month
        for key in claim.keys:
            if self._owner(key) is None:
                self._owners[key] = mention
                self.aliases.setdefault(mention, []).append(key)
        return Place(mention, self._months[mention], fresh=mention in self.mentions)

    def _owner(self, key: str) -> str | None:
        return key if key in self._months else self._owners.get(key)


async def erased_keys(connection: AsyncConnection, keys: Collection[str]) -> frozenset[str]:
    """Those of the identity keys that were erased."""
    by_hash = {tombstone_key(key): key for key in keys}
    found = await connection.execute(select(tables.tombstone.c.key_hash).where(among(tables.tombstone.c.key_hash, by_hash, connection)))
    return frozenset(by_hash[key_hash] for key_hash in found.scalars())


async def _owners(connection: AsyncConnection, keys: Collection[str]) -> dict[str, str]:
    query = select(tables.alias.c.key, tables.alias.c.mention).where(among(tables.alias.c.key, keys, connection))
    return {row.key: row.mention for row in await connection.execute(query)}


async def _months(connection: AsyncConnection, mentions: Collection[str]) -> dict[str, str]:
    return {place.id: place.month for place in await places_of(connection, mentions)}


async def _insert_new(connection: AsyncConnection, resolution: _Resolution) -> None:
    """In the order of their keys: neighbours on a page come together."""
    new, aliases = resolution.mentions, resolution.aliases
    mentions = [{"id": mention, "month": new[mention], "aliases": " ".join(aliases.get(mention, ()))} for mention in sorted(new)]
    await execute_rows(connection, insert(tables.mention), mentions)
    columns = tables.mention.c
    longer = update(tables.mention).where(columns.id == bindparam("of")).values(aliases=columns.aliases + bindparam("more"))
    more = [{"of": mention, "more": "".join(f" {key}" for key in keys)} for mention, keys in sorted(aliases.items()) if mention not in new]
    await execute_rows(connection, longer, more)
    pairs = sorted((key, mention) for mention, keys in aliases.items() for key in keys)
    await execute_rows(connection, insert(tables.alias), [{"key": key, "mention": mention} for key, mention in pairs])
