"""Employee reports: received with a receipt, followed to what became of them, answered and credited."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.access.v1 import access_pb2
from yuqing.crawler.v1 import people_pb2, people_pb2_grpc
from yuqing_crawler import wire_people as wire
from yuqing_crawler.domain.patrols import day_of, receipt_number
from yuqing_crawler.servicers.calls import Lists, write_once
from yuqing_crawler.servicers.taking import take
from yuqing_crawler.store import reports, tally
from yuqing_crawler.store.reports import PREFIX, ReportState
from yuqing_runtime import audit, clock
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, NotFound

_RESOLVED = (ReportState.USEFUL, ReportState.DECLINED)


@dataclass(frozen=True)
class ReportUseCases:
    """What may be done to reports, each within a given transaction. `zone` is the organisation's."""

    zone: ZoneInfo

    async def create(self, connection: AsyncConnection, request: people_pb2.CreateEmployeeReportRequest) -> RowMapping:
        """The report as it was received. Errors: InvalidArgument for one without link and text."""
        reporter = current_caller().require_person().name
        now = await clock.now(connection)
        day = day_of(now, self.zone)
        receipt = receipt_number(day, await tally.add(connection, f"receipt/{day.isoformat()}", 1))
        report_id = secrets.token_hex(8)
        given = request.employee_report
        await reports.add(
            connection,
            {
                "id": report_id,
                "receipt": receipt,
                "reporter": reporter,
                "finding": given.finding.SerializeToString(),
                "note": given.note,
                "created_at": now,
            },
        )
        await take(connection, given.finding, origin=f"{PREFIX}{report_id}", number=0, kind="report")
        record = AuditRecord(reporter, "employeeReports.create", f"{PREFIX}{report_id}", after={"receipt": receipt}, request_id=request.request_id)
        await audit.record(connection, record)
        return await _find(connection, f"{PREFIX}{report_id}")

    async def resolve(self, connection: AsyncConnection, request: people_pb2.ResolveEmployeeReportRequest) -> RowMapping:
        """The report with the monitoring group's answer. Errors: NotFound, FailedPrecondition for one that is answered already."""
        row = await _find(connection, request.name, lock=True)
        if row["state"] in _RESOLVED:
            raise FailedPrecondition(f"{request.name} is resolved already", reason="REPORT_RESOLVED")
        now = await clock.now(connection)
        await reports.resolve(connection, row["id"], useful=request.useful, answer=request.answer, at=now)
        record = AuditRecord(
            current_caller().principal,
            "employeeReports.resolve",
            request.name,
            after={"useful": request.useful, "answer": request.answer},
            request_id=request.request_id,
        )
        await audit.record(connection, record)
        return await _find(connection, request.name)


class EmployeeReportServicer(people_pb2_grpc.EmployeeReportServiceServicer):
    """yuqing.crawler.v1.EmployeeReportService."""

    def __init__(self, database: Database, use_cases: ReportUseCases, lists: Lists) -> None:
        self._database = database
        self._use_cases = use_cases
        self._lists = lists

    async def CreateEmployeeReport(
        self, request: people_pb2.CreateEmployeeReportRequest, context: Any
    ) -> people_pb2.CreateEmployeeReportResponse:  # fmt: skip
        """Receives a report."""

        async def effect(connection: AsyncConnection) -> people_pb2.CreateEmployeeReportResponse:
            row = await self._use_cases.create(connection, request)
            return people_pb2.CreateEmployeeReportResponse(employee_report=wire.report_message(row))

        return await write_once(self._database, request, people_pb2.CreateEmployeeReportResponse, effect)

    async def GetEmployeeReport(self, request: people_pb2.GetEmployeeReportRequest, context: Any) -> people_pb2.GetEmployeeReportResponse:
        """One report, for its reporter and the monitoring group."""
        async with self._database.read() as connection:
            row = await _find(connection, request.name)
        if not _monitors() and row["reporter"] != current_caller().principal:
            raise NotFound(f"there is no {request.name}", reason="REPORT_NOT_FOUND")
        return people_pb2.GetEmployeeReportResponse(employee_report=wire.report_message(row))

    async def ListEmployeeReports(
        self, request: people_pb2.ListEmployeeReportsRequest, context: Any
    ) -> people_pb2.ListEmployeeReportsResponse:  # fmt: skip
        """The caller's own reports, or all of them for the monitoring group."""
        size, position = self._lists.begin(request)
        place = cast("list[str] | None", position)
        before = (datetime.fromisoformat(place[0]), place[1]) if place else None
        reporter = None if _monitors() else current_caller().principal
        state = ReportState(request.state) if request.state else None
        async with self._database.read() as connection:
            found = await reports.page(connection, reporter=reporter, state=state, before=before, limit=size + 1)
        token = self._lists.next_token(request, [found[size - 1]["created_at"].isoformat(), found[size - 1]["id"]]) if len(found) > size else ""
        return people_pb2.ListEmployeeReportsResponse(employee_reports=[wire.report_message(row) for row in found[:size]], next_page_token=token)

    async def ResolveEmployeeReport(
        self, request: people_pb2.ResolveEmployeeReportRequest, context: Any
    ) -> people_pb2.ResolveEmployeeReportResponse:  # fmt: skip
        """Answers a report."""

        async def effect(connection: AsyncConnection) -> people_pb2.ResolveEmployeeReportResponse:
            row = await self._use_cases.resolve(connection, request)
            return people_pb2.ResolveEmployeeReportResponse(employee_report=wire.report_message(row))

        return await write_once(self._database, request, people_pb2.ResolveEmployeeReportResponse, effect)


def _monitors() -> bool:
    person = current_caller().person
    return person is not None and access_pb2.ROLE_MONITOR in person.roles


async def _find(connection: AsyncConnection, name: str, *, lock: bool = False) -> RowMapping:
    row = await reports.get(connection, name.removeprefix(PREFIX), lock=lock)
    if row is None:
        raise NotFound(f"there is no {name}", reason="REPORT_NOT_FOUND")
    return row
