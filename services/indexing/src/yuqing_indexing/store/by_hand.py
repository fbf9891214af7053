"""What people say of mentions, in SQL: the truth that each write to the index is given."""

import secrets
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.by_hand import ByHand, Correction, Judged, LabelKind, Triage, TriageState
from yuqing_indexing.store import holds
from yuqing_indexing.store.rewrites import BY_HAND_WRITES
from yuqing_indexing.store.tables import by_hand as table
from yuqing_indexing.store.tables import correction, held_mention, mention, note, sample_item, sample_label
from yuqing_runtime.database import Database, upsert
from yuqing_runtime.errors import Aborted
from yuqing_runtime.rows import among

_OF_MENTIONS = (table, correction, note, sample_item, held_mention)
_KEPT = ("etag", "state", "assignee", "tags", "notes", "time")
UNTOUCHED = ByHand("")
"""A mention that nobody did anything to."""


class SqlPeople:
    """The port `People` on the service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_hand(self, mentions: Collection[str]) -> dict[str, ByHand]:
        """See `domain.ports.People`."""
        if not mentions:
            return {}
        async with self._database.read() as connection:
            return await by_hand_of(connection, mentions)


async def by_hand_of(connection: AsyncConnection, mentions: Collection[str]) -> dict[str, ByHand]:
    """What people did to these mentions; those that nobody touched are left out."""
    rows = (await connection.execute(select(table).where(among(table.c.mention, mentions, connection)))).mappings().all()
    if not rows:
        return {}
    touched = [row["mention"] for row in rows]
    corrections, held = await _standing(connection, touched), await holds.standing(connection, touched)
    return {(name := row["mention"]): ByHand(row["etag"], corrections.get(name, ()), _triage(row), held.get(name, ())) for row in rows}


async def checked(connection: AsyncConnection, mention: str, *, etag: str) -> ByHand:
    """What people did to a mention until now. Errors: Aborted where an etag is given and another one stands."""
    present = (await by_hand_of(connection, [mention])).get(mention, UNTOUCHED)
    if etag not in ("", present.etag):
        raise Aborted(f"mentions/{mention} was changed meanwhile: read it again")
    return present


async def touch(connection: AsyncConnection, changed: Mapping[str, Triage]) -> dict[str, str]:
    """Keeps the place in the queue of each mention, and has the index follow; returns the new etags."""
    if not changed:
        return {}
    etags = {mention: secrets.token_hex(8) for mention in changed}
    statement = upsert(table, connection)
    others = {name: statement.excluded[name] for name in _KEPT}
    rows = [_row(mention, etags[mention], triage) for mention, triage in changed.items()]
    await connection.execute(statement.on_conflict_do_update(index_elements=["mention"], set_=others), rows)
    await BY_HAND_WRITES.add(connection, changed)
    return etags


async def forget(connection: AsyncConnection, mentions: Collection[str]) -> None:
    """Forgets all that people did to mentions that are erased."""
    await _forget_labels(connection, among(sample_item.c.mention, mentions, connection))
    for each in _OF_MENTIONS:
        await connection.execute(delete(each).where(among(each.c.mention, mentions, connection)))


async def forget_month(connection: AsyncConnection, month: str) -> None:
    """Forgets all that people did to mentions of a month that is dropped; what is under a legal hold stays."""
    doomed = select(mention.c.id).where(mention.c.month == month, mention.c.id.not_in(holds.HELD_MENTIONS))
    await _forget_labels(connection, sample_item.c.mention.in_(doomed))
    for each in _OF_MENTIONS:
        await connection.execute(delete(each).where(each.c.mention.in_(doomed)))


def correction_of(row: RowMapping) -> Correction:
    """A row of the table of corrections."""
    judged = Judged(tuple(row["judged"]), row["content_hash"], row["judged_by"])
    kind, values = LabelKind(row["kind"]), tuple(row["given"])
    return Correction(row["id"], kind, values, judged, row["pinned"], row["reason"], row["author"], row["time"], row["job"])


async def _forget_labels(connection: AsyncConnection, of_items: ColumnElement[bool]) -> None:
    items = select(sample_item.c.id).where(of_items)
    await connection.execute(delete(sample_label).where(sample_label.c.item.in_(items)))


async def _standing(connection: AsyncConnection, mentions: Collection[str]) -> dict[str, tuple[Correction, ...]]:
    """Of each mention and kind of label the newest correction that nobody took back."""
    query = select(correction).where(among(correction.c.mention, mentions, connection), correction.c.undone_by == "").order_by(correction.c.number)
    newest: dict[str, dict[LabelKind, Correction]] = {}
    for row in (await connection.execute(query)).mappings():
        found = correction_of(row)
        newest.setdefault(row["mention"], {})[found.kind] = found
    return {mention: _in_order(kinds.values()) for mention, kinds in newest.items()}


def _in_order(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    return tuple(sorted(corrections, key=lambda each: each.kind.value))


def _triage(row: RowMapping) -> Triage:
    return Triage(TriageState(row["state"]), row["assignee"], tuple(row["tags"]), row["notes"], row["time"])


def _row(mention: str, etag: str, triage: Triage) -> dict[str, object]:
    return {
        "mention": mention,
        "etag": etag,
        "state": triage.state.value,
        "assignee": triage.assignee,
        "tags": list(triage.tags),
        "notes": triage.notes,
        "time": triage.time,
    }
