"""Which mention the index says a document belongs to: what is erased or held there by its mention is found here by its documents."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.tables import document_mention as table
from yuqing_crawler.store.tables import page_document
from yuqing_runtime.database import upsert
from yuqing_runtime.rows import execute_rows


async def learn(connection: AsyncConnection, mentions: Mapping[bytes, str], now: datetime) -> None:
    """Keeps the mentions of documents."""
    statement = upsert(table, connection)
    newer = {"mention": statement.excluded.mention, "at": statement.excluded.at}
    # In the order of the keys: replicas that learn of the same documents do not wait for each other in a circle.
    rows = [{"document_key": key, "mention": mention, "at": now} for key, mention in sorted(mentions.items())]
    await execute_rows(connection, statement.on_conflict_do_update(index_elements=["document_key"], set_=newer), rows)


async def documents_of(connection: AsyncConnection, mention: str) -> Sequence[bytes]:
    """The documents that are known to belong to a mention."""
    return (await connection.execute(select(table.c.document_key).where(table.c.mention == mention))).scalars().all()


async def of_pages(connection: AsyncConnection, digests: Sequence[str]) -> set[str]:
    """The mentions of all documents that were read from these pages."""
    query = select(table.c.mention).join(page_document, page_document.c.document_key == table.c.document_key)
    return set((await connection.execute(query.where(page_document.c.sha256.in_(digests)).distinct())).scalars())


async def beside(connection: AsyncConnection, mentions: Collection[str]) -> set[str]:
    """The mentions of all documents that were read from the same pages as those of these mentions."""
    pages = select(page_document.c.sha256).join(table, table.c.document_key == page_document.c.document_key).where(table.c.mention.in_(mentions))
    query = select(table.c.mention).join(page_document, page_document.c.document_key == table.c.document_key)
    return set((await connection.execute(query.where(page_document.c.sha256.in_(pages)).distinct())).scalars())


async def after(connection: AsyncConnection, mention: str, *, limit: int) -> Sequence[str]:
    """The mentions that are known here, by their names, after one of them."""
    query = select(table.c.mention).where(table.c.mention > mention).distinct().order_by(table.c.mention).limit(limit)
    return (await connection.execute(query)).scalars().all()


async def unlearn(connection: AsyncConnection, keys: Sequence[bytes]) -> None:
    """Forgets the mentions of documents that are erased."""
    await connection.execute(delete(table).where(table.c.document_key.in_(keys)))


async def forget(connection: AsyncConnection, *, before: datetime) -> None:
    """Forgets what was learned before that moment of documents that no stored page is kept of."""
    kept = select(page_document.c.document_key).where(page_document.c.document_key == table.c.document_key)
    await connection.execute(delete(table).where(table.c.at < before, ~kept.exists()))
