"""Patrols, employee reports and imports over real gRPC."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy import select, update

from yuqing.access.v1 import access_pb2
from yuqing.crawler.v1 import people_pb2, people_pb2_grpc
from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.servicers.calls import Lists
from yuqing_crawler.servicers.imports import MentionImportServicer
from yuqing_crawler.servicers.patrols import PatrolServicer, PatrolUseCases
from yuqing_crawler.servicers.reports import EmployeeReportServicer, ReportUseCases
from yuqing_crawler.store.tables import finding, patrol_visit, spool
from yuqing_runtime.database import Database
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.serving import Registration
from yuqing_testkit.services import Town, person

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass
class People:
    patrols: people_pb2_grpc.PatrolServiceStub
    reports: people_pb2_grpc.EmployeeReportServiceStub
    imports: people_pb2_grpc.MentionImportServiceStub
    acting: Callable[..., AbstractContextManager[None]]


@pytest.fixture
async def people(database: Database, tmp_path: Path) -> AsyncIterator[People]:
    lists, town = Lists(PageTokens(b"k" * 32)), Town(tmp_path / "keys")
    add = people_pb2_grpc
    registrations = [
        Registration(add.add_PatrolServiceServicer_to_server, PatrolServicer(database, PatrolUseCases(SHANGHAI), lists)),
        Registration(add.add_EmployeeReportServiceServicer_to_server, EmployeeReportServicer(database, ReportUseCases(SHANGHAI), lists)),
        Registration(add.add_MentionImportServiceServicer_to_server, MentionImportServicer(database, SHANGHAI)),
    ]
    async with town.running("crawler", registrations) as address, town.channel("gateway", "crawler", address) as channel:

        def acting(*roles, name: str = "people/zhang-san"):
            return town.acting(person(*roles, name=name))

        stubs = (add.PatrolServiceStub(channel), add.EmployeeReportServiceStub(channel), add.MentionImportServiceStub(channel))
        with acting(access_pb2.ROLE_MONITOR):
            yield People(*stubs, acting)


async def documents(database: Database) -> list[document_pb2.Document]:
    async with database.read() as connection:
        rows = (await connection.execute(select(spool.c.document).order_by(spool.c.sequence))).scalars()
        return [document_pb2.Document.FromString(row) for row in rows]


def a_patrol(**changes: object) -> people_pb2.PatrolList:
    values: dict[str, object] = {
        "display_name": "早间巡查",
        "person": "people/li-si",
        "places": [people_pb2.PatrolPlace(display_name="贴吧", url="http://tieba.example/f"), people_pb2.PatrolPlace(display_name="门店群")],
        "weekdays": EVERY_DAY,
    }
    return people_pb2.PatrolList(**{**values, **changes})  # type: ignore[arg-type]


async def create(people: People, **changes: object) -> people_pb2.PatrolList:
    request = people_pb2.CreatePatrolListRequest(patrol_list=a_patrol(**changes))
    return (await people.patrols.CreatePatrolList(request)).patrol_list


async def visits(people: People, **wanted: object) -> list[people_pb2.PatrolVisit]:
    request = people_pb2.ListPatrolVisitsRequest(**wanted)  # type: ignore[arg-type]
    return list((await people.patrols.ListPatrolVisits(request)).patrol_visits)


def code(error: pytest.ExceptionInfo[grpc.aio.AioRpcError]) -> grpc.StatusCode:
    return error.value.code()


async def test_today_has_a_visit_for_each_place_when_a_list_is_made(people: People) -> None:
    created = await create(people)
    found = await visits(people)
    assert [visit.place.display_name for visit in found] == ["贴吧", "门店群"]
    assert {visit.state for visit in found} == {people_pb2.PATROL_STATE_OPEN}
    assert {visit.day for visit in found} == {datetime.now(SHANGHAI).date().isoformat()}
    assert {visit.patrol_list for visit in found} == {created.name}
    assert await visits(people, person="people/wang-wu") == []


async def test_a_visit_is_done_with_its_findings_when_checked_off(people: People, database: Database) -> None:
    await create(people)
    first, second = await visits(people)
    request = people_pb2.CompletePatrolVisitRequest(
        name=first.name,
        note="有两条",
        findings=[people_pb2.Finding(text="有人说新品冒烟", site="贴吧"), people_pb2.Finding(url="http://tieba.example/p/1")],
        request_id=str(uuid4()),
    )
    done = (await people.patrols.CompletePatrolVisit(request)).patrol_visit
    assert await people.patrols.CompletePatrolVisit(request) == people_pb2.CompletePatrolVisitResponse(patrol_visit=done)
    assert (done.state, done.findings, done.note) == (people_pb2.PATROL_STATE_DONE, 2, "有两条")
    (document,) = await documents(database)
    assert (document.text, document.origin, document.source_kind) == ("有人说新品冒烟", first.name, "patrol")
    async with database.read() as connection:
        assert (await connection.execute(select(finding.c.origin))).scalars().all() == [first.name]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await people.patrols.CompletePatrolVisit(people_pb2.CompletePatrolVisitRequest(name=first.name))
    assert code(refused) is grpc.StatusCode.FAILED_PRECONDITION
    assert [visit.name for visit in await visits(people, state=people_pb2.PATROL_STATE_OPEN)] == [second.name]


async def test_a_missed_visit_shows_when_its_day_is_over(people: People, database: Database) -> None:
    await create(people)
    yesterday = datetime.now(SHANGHAI).date() - timedelta(days=1)
    async with database.write() as connection:
        await connection.execute(update(patrol_visit).values(day=yesterday))
    missed = await visits(people, first_day=yesterday.isoformat(), state=people_pb2.PATROL_STATE_MISSED)
    assert len(missed) == 2
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await people.patrols.CompletePatrolVisit(people_pb2.CompletePatrolVisitRequest(name=missed[0].name))
    assert code(refused) is grpc.StatusCode.FAILED_PRECONDITION


async def test_open_visits_follow_and_done_ones_stay_when_a_list_changes(people: People) -> None:
    created = await create(people)
    first, _second = await visits(people)
    await people.patrols.CompletePatrolVisit(people_pb2.CompletePatrolVisitRequest(name=first.name))
    change = people_pb2.PatrolList(name=created.name, person="people/wang-wu", etag=created.etag, places=created.places, weekdays=EVERY_DAY)
    request = people_pb2.UpdatePatrolListRequest(patrol_list=change, update_mask=FieldMask(paths=["person"]))
    changed = (await people.patrols.UpdatePatrolList(request)).patrol_list
    assert (changed.person, changed.display_name) == ("people/wang-wu", "早间巡查")
    assert [visit.person for visit in await visits(people)] == ["people/li-si", "people/wang-wu"]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await people.patrols.UpdatePatrolList(request)
    assert code(refused) is grpc.StatusCode.ABORTED
    off = people_pb2.UpdatePatrolListRequest(
        patrol_list=people_pb2.PatrolList(name=created.name, disabled=True, places=created.places, weekdays=EVERY_DAY),
        update_mask=FieldMask(paths=["disabled"]),
    )
    await people.patrols.UpdatePatrolList(off)
    assert [visit.state for visit in await visits(people)] == [people_pb2.PATROL_STATE_DONE]


async def test_every_visit_is_listed_once_when_pages_are_small(people: People) -> None:
    await create(people, places=[people_pb2.PatrolPlace(display_name=f"点 {number}") for number in range(5)])
    seen, token = [], ""
    while True:
        reply = await people.patrols.ListPatrolVisits(people_pb2.ListPatrolVisitsRequest(page_size=2, page_token=token))
        seen.extend(visit.name for visit in reply.patrol_visits)
        token = reply.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 5


async def report(people: People, **finding_: object) -> people_pb2.EmployeeReport:
    given = people_pb2.EmployeeReport(finding=people_pb2.Finding(**finding_), note="同事转来的")  # type: ignore[arg-type]
    return (await people.reports.CreateEmployeeReport(people_pb2.CreateEmployeeReportRequest(employee_report=given))).employee_report


async def test_a_report_gets_a_receipt_and_enters_the_spool_when_received(people: People, database: Database) -> None:
    with people.acting(access_pb2.ROLE_EMPLOYEE, name="people/a"):
        first, second = await report(people, text="听说门店排长队", site="朋友圈"), await report(people, url="http://news.example/1")
    today = f"{datetime.now(SHANGHAI):%Y%m%d}"
    assert [first.receipt, second.receipt] == [f"{today}-0001", f"{today}-0002"]
    assert (first.reporter, first.state) == ("people/a", people_pb2.REPORT_STATE_RECEIVED)
    (document,) = await documents(database)
    assert (document.origin, document.source_kind, document.site) == (first.name, "report", "朋友圈")


async def test_a_report_is_refused_when_it_is_empty(people: People, database: Database) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await report(people, site="朋友圈", text="  ")
    assert code(refused) is grpc.StatusCode.INVALID_ARGUMENT
    assert await documents(database) == []


async def test_only_reporter_and_monitors_see_a_report_when_asked(people: People) -> None:
    with people.acting(access_pb2.ROLE_EMPLOYEE, name="people/a"):
        mine = await report(people, text="甲说")
    with people.acting(access_pb2.ROLE_EMPLOYEE, name="people/b"):
        await report(people, text="乙说")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await people.reports.GetEmployeeReport(people_pb2.GetEmployeeReportRequest(name=mine.name))
        own = await people.reports.ListEmployeeReports(people_pb2.ListEmployeeReportsRequest())
    assert code(refused) is grpc.StatusCode.NOT_FOUND
    assert [each.reporter for each in own.employee_reports] == ["people/b"]
    with people.acting(access_pb2.ROLE_MONITOR):
        everyones = await people.reports.ListEmployeeReports(people_pb2.ListEmployeeReportsRequest(page_size=1))
        rest = await people.reports.ListEmployeeReports(people_pb2.ListEmployeeReportsRequest(page_size=1, page_token=everyones.next_page_token))
        read = await people.reports.GetEmployeeReport(people_pb2.GetEmployeeReportRequest(name=mine.name))
    assert [each.reporter for each in (*everyones.employee_reports, *rest.employee_reports)] == ["people/b", "people/a"]
    assert read.employee_report.note == "同事转来的"


async def test_a_useful_report_is_credited_once_when_resolved(people: People) -> None:
    mine = await report(people, text="甲说")
    request = people_pb2.ResolveEmployeeReportRequest(name=mine.name, useful=True, answer="已核实，感谢")
    resolved = (await people.reports.ResolveEmployeeReport(request)).employee_report
    assert (resolved.state, resolved.credited, resolved.answer) == (people_pb2.REPORT_STATE_USEFUL, True, "已核实，感谢")
    assert resolved.HasField("resolve_time")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await people.reports.ResolveEmployeeReport(request)
    assert code(refused) is grpc.StatusCode.FAILED_PRECONDITION


async def test_good_rows_are_taken_and_bad_ones_named_when_a_file_is_imported(people: People, database: Database) -> None:
    content = "url,site,title,text,author,published_time,medium\nhttp://a.test/1,,标题,正文一,某人,2026-03-01 10:00,news\n,,,,,,\nhttp://a.test/2,,,,,,news\n"
    request = people_pb2.ImportMentionsRequest(
        format=people_pb2.MENTION_LIST_FORMAT_CSV, content=content, origin="三月手工整理", request_id=str(uuid4())
    )
    reply = await people.imports.ImportMentions(request)
    assert await people.imports.ImportMentions(request) == reply
    assert reply.accepted == 1
    assert [(row.line, row.reason) for row in reply.refused][-1] == (4, "NO_TEXT")
    (document,) = await documents(database)
    assert (document.source_kind, document.origin, document.text) == ("import", "三月手工整理", "正文一")
    assert document.published_time.ToDatetime(tzinfo=UTC) == datetime(2026, 3, 1, 2, tzinfo=UTC)
