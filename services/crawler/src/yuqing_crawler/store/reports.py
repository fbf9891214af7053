"""What employees reported, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.store.spool import Acknowledgement
from yuqing_crawler.store.tables import employee_report as table

PREFIX = "employeeReports/"
_STORED = 1
"""The contract's outcome of a document that was new to the index."""


class ReportState(IntEnum):
    """The contract's states (上报状态)."""

    RECEIVED = 1
    INDEXED = 2
    KNOWN = 3
    USEFUL = 4
    DECLINED = 5


async def follow_up(connection: AsyncConnection, origin: str, answer: Acknowledgement) -> None:
    """Tells a report what indexing answered for its document; a report that people resolved already keeps their word."""
    if not origin.startswith(PREFIX) or answer.refused:
        return
    report = table.c.id == origin.removeprefix(PREFIX)
    state = ReportState.INDEXED if answer.outcome == _STORED else ReportState.KNOWN
    await connection.execute(update(table).where(report, table.c.state == ReportState.RECEIVED).values(state=state))
    await connection.execute(update(table).where(report, table.c.mention == "").values(mention=answer.mention))


async def cannot_be_read(connection: AsyncConnection, origin: str, answer: str) -> None:
    """Tells a report that its link could not be read, unless people answered already."""
    if origin.startswith(PREFIX):
        unanswered = (table.c.id == origin.removeprefix(PREFIX), table.c.answer == "")
        await connection.execute(update(table).where(*unanswered).values(answer=answer))


async def add(connection: AsyncConnection, values: dict[str, object]) -> None:
    """Adds a report just received."""
    fresh = {"state": ReportState.RECEIVED, "mention": "", "answer": "", "credited": False, "resolved_at": None}
    await connection.execute(insert(table).values(**fresh, **values))


async def get(connection: AsyncConnection, report_id: str, *, lock: bool = False) -> RowMapping | None:
    """The report's row."""
    query = select(table).where(table.c.id == report_id)
    return (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()


async def page(
    connection: AsyncConnection, *, reporter: str | None, state: ReportState | None, before: tuple[datetime, str] | None, limit: int
) -> Sequence[RowMapping]:
    """Reports, the newest first, of one reporter or of all (None)."""
    query = select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    if reporter is not None:
        query = query.where(table.c.reporter == reporter)
    if state is not None:
        query = query.where(table.c.state == state)
    if before is not None:
        at, report_id = before
        query = query.where((table.c.created_at < at) | ((table.c.created_at == at) & (table.c.id < report_id)))
    return (await connection.execute(query)).mappings().all()


async def resolve(connection: AsyncConnection, report_id: str, *, useful: bool, answer: str, at: datetime) -> None:
    """Keeps what the monitoring group decided."""
    state = ReportState.USEFUL if useful else ReportState.DECLINED
    await connection.execute(update(table).where(table.c.id == report_id).values(state=state, answer=answer, credited=useful, resolved_at=at))
