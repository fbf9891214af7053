"""Erases for good what is kept of documents: spooled ones, stored pages, plans to look again; they do not come back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store import mentions, pages, revisits, spool, tombstones
from yuqing_crawler.store.tables import stored_page
from yuqing_runtime import audit, clock
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.wakes import touch


@dataclass(frozen=True, slots=True)
class Erased:
    """What went. Of a page that several documents were read from `other_documents` lose their evidence; `held_pages` stay until the hold on
    another of their documents is released."""

    stored_pages: int
    held_pages: int
    other_documents: int
    spooled_documents: int


async def erase(connection: AsyncConnection, keys: Sequence[bytes], *, resource: str) -> Erased:
    """Erases documents and says so in the audit chain: call it last in the transaction. A page under a legal hold goes when that ends."""
    digests = await pages.of_documents(connection, keys)
    held = await pages.held(connection, digests)
    gone = [digest for digest in digests if digest not in held]
    others = await pages.other_documents(connection, gone, keys)
    # The objects go when housekeeping finds their time to be over: it repeats what is cut off, a transaction here could not.
    await connection.execute(update(stored_page).where(stored_page.c.sha256.in_(digests)).values(expires_at=clock.EPOCH))
    await connection.execute(update(stored_page).where(stored_page.c.sha256.in_(gone)).values(url=""))
    spooled = await spool.erase(connection, keys)
    await revisits.end(connection, keys)
    await tombstones.add(connection, keys)
    await mentions.unlearn(connection, keys)
    touch(connection, pages.ENDED)
    erased = Erased(len(gone), len(held), others, spooled)
    await audit.record(connection, AuditRecord("services/crawler", "mentions.erase", resource, after=asdict(erased)))
    return erased
