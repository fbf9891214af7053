"""Which mentions are under a legal hold in the index: the pages that they were read from stay whole, past their time and against erasure.

Nothing is written at the pages themselves, so also those that are read later, and those of documents that turn out later to belong to a held
mention, are held, and all have their own time again when the hold is released.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import CompoundSelect, Select, delete, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import document_mention, page_document
from yuqing_crawler.store.tables import held_mention as table
from yuqing_runtime.database import upsert

HELD_DOCUMENTS: Final[CompoundSelect[bytes]] = union_all(
    select(table.c.document_key),
    select(document_mention.c.document_key).join(table, table.c.mention == document_mention.c.mention),
)
HELD_PAGES: Final[Select[str]] = select(page_document.c.sha256).where(page_document.c.document_key.in_(HELD_DOCUMENTS))


async def put(connection: AsyncConnection, mentions: Iterable[str], document_key: bytes = b"") -> None:
    """Mentions are held from now on; `document_key` is of the document that the index names for one, empty where it names none."""
    rows = [{"mention": mention, "document_key": document_key} for mention in mentions]
    if rows:
        statement = upsert(table, connection)
        keys = {"document_key": statement.excluded.document_key} if document_key else {"mention": statement.excluded.mention}
        await connection.execute(statement.on_conflict_do_update(index_elements=["mention"], set_=keys), rows)


async def end(connection: AsyncConnection, mentions: Sequence[str]) -> None:
    """Mentions are held no longer: housekeeping ends the pages whose time is over."""
    await connection.execute(delete(table).where(table.c.mention.in_(mentions)))


async def after(connection: AsyncConnection, mention: str, *, limit: int) -> Sequence[str]:
    """The held mentions, by their names, after one of them."""
    query = select(table.c.mention).where(table.c.mention > mention).order_by(table.c.mention).limit(limit)
    return (await connection.execute(query)).scalars().all()
