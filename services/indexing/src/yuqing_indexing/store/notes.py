"""What people note about mentions, in SQL; each function works in the transaction it is given."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.store.tables import note as table


@dataclass(frozen=True, slots=True)
class Note:
    """A note about the mention with this id; `edit_time` is None where it was never changed."""

    id: str
    mention: str
    text: str
    author: str
    create_time: datetime
    edit_time: datetime | None
    etag: str

    @property
    def name(self) -> str:
        """The resource name."""
        return f"notes/{self.id}"


async def add(connection: AsyncConnection, note: Note) -> None:
    """Keeps a new note."""
    await connection.execute(insert(table).values(asdict(note)))


async def change(connection: AsyncConnection, note: Note) -> None:
    """Keeps what became of a note."""
    await connection.execute(update(table).where(table.c.id == note.id).values(text=note.text, edit_time=note.edit_time, etag=note.etag))


async def remove(connection: AsyncConnection, note: str) -> None:
    """Forgets the note with this id."""
    await connection.execute(delete(table).where(table.c.id == note))


async def find(connection: AsyncConnection, note: str) -> Note | None:
    """The note with this id."""
    row = (await connection.execute(select(table).where(table.c.id == note))).mappings().one_or_none()
    return _note(row) if row else None


async def about(connection: AsyncConnection, mention: str, *, after: tuple[datetime, str] | None, size: int) -> list[Note]:
    """The notes about a mention, oldest first; `after` are time and id of the last one seen."""
    query = select(table).where(table.c.mention == mention).order_by(table.c.create_time, table.c.id).limit(size)
    if after is not None:
        query = query.where(tuple_(table.c.create_time, table.c.id) > after)
    return [_note(row) for row in (await connection.execute(query)).mappings()]


def _note(row: RowMapping) -> Note:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    return Note(**fields)
