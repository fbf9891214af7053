"""Stored pages: what is known of each, which have come to their end, and which belong to what was erased or is held."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.holds import HELD_PAGES
from yuqing_crawler.store.tables import page_document, stored_page

ENDED = "housekeeping"
"""What is touched when the time of pages is put to an end."""


async def get(connection: AsyncConnection, sha256: str) -> RowMapping | None:
    """The page's row, with whether it is `held`."""
    query = select(stored_page, stored_page.c.sha256.in_(HELD_PAGES).label("held")).where(stored_page.c.sha256 == sha256)
    return (await connection.execute(query)).mappings().one_or_none()


async def expired(connection: AsyncConnection, now: datetime, *, limit: int) -> Sequence[str]:
    """Pages whose time is over, but for those under a legal hold."""
    over = stored_page.c.expires_at < now, stored_page.c.sha256.not_in(HELD_PAGES)
    query = select(stored_page.c.sha256).where(*over).order_by(stored_page.c.expires_at).limit(limit)
    return (await connection.execute(query)).scalars().all()


async def of_documents(connection: AsyncConnection, keys: Sequence[bytes]) -> Sequence[str]:
    """The pages that documents were read from."""
    query = select(page_document.c.sha256).join(stored_page, stored_page.c.sha256 == page_document.c.sha256)
    return (await connection.execute(query.where(page_document.c.document_key.in_(keys)).distinct())).scalars().all()


async def held(connection: AsyncConnection, digests: Sequence[str]) -> set[str]:
    """Those of the pages that are under a legal hold."""
    return set((await connection.execute(HELD_PAGES.where(page_document.c.sha256.in_(digests)))).scalars())


async def known(connection: AsyncConnection, digests: Sequence[str]) -> set[str]:
    """Those of the objects that are somebody's page."""
    return set((await connection.execute(select(stored_page.c.sha256).where(stored_page.c.sha256.in_(digests)))).scalars())


async def other_documents(connection: AsyncConnection, digests: Sequence[str], keys: Sequence[bytes]) -> int:
    """How many documents beside these were read from the pages."""
    others = select(func.count(page_document.c.document_key.distinct()))
    of_these = page_document.c.sha256.in_(digests), page_document.c.document_key.not_in(keys)
    return (await connection.execute(others.where(*of_these))).scalar_one()


async def forget(connection: AsyncConnection, digests: Sequence[str]) -> None:
    """Removes the rows of pages whose objects are gone."""
    for table in (page_document, stored_page):
        await connection.execute(delete(table).where(table.c.sha256.in_(digests)))
