"""Messages ↔ domain: patrols, reports, findings. Pure functions."""

from datetime import UTC, date

from sqlalchemy import RowMapping

from yuqing.crawler.v1 import people_pb2
from yuqing_crawler.domain.findings import Finding
from yuqing_crawler.domain.patrols import state_of
from yuqing_crawler.store.patrols import PatrolList
from yuqing_crawler.wire import medium_name, timestamp


def patrol_list_message(patrol: PatrolList) -> people_pb2.PatrolList:
    """The contract's form."""
    return people_pb2.PatrolList(
        name=f"patrolLists/{patrol.id}",
        display_name=patrol.display_name,
        person=patrol.person,
        places=[people_pb2.PatrolPlace(display_name=name, url=url) for name, url in patrol.places],
        weekdays=patrol.weekdays,
        disabled=patrol.disabled,
        etag=f"r{patrol.revision}",
    )


def visit_message(row: RowMapping, today: date) -> people_pb2.PatrolVisit:
    """The contract's form."""
    name, url = row["place"]
    completed = row["completed_at"]
    message = people_pb2.PatrolVisit(
        name=f"patrolVisits/{row['id']}",
        patrol_list=f"patrolLists/{row['patrol_list_id']}",
        person=row["person"],
        place=people_pb2.PatrolPlace(display_name=name, url=url),
        day=row["day"].isoformat(),
        state=people_pb2.PatrolState.ValueType(state_of(row["day"], today, completed=completed is not None)),
        note=row["note"],
        findings=row["findings"],
    )
    if completed is not None:
        message.complete_time.FromDatetime(completed)
    return message


def report_message(row: RowMapping) -> people_pb2.EmployeeReport:
    """The contract's form."""
    message = people_pb2.EmployeeReport(
        name=f"employeeReports/{row['id']}",
        receipt=row["receipt"],
        finding=people_pb2.Finding.FromString(row["finding"]),
        note=row["note"],
        reporter=row["reporter"],
        state=people_pb2.ReportState.ValueType(row["state"]),
        mention=row["mention"],
        answer=row["answer"],
        credited=row["credited"],
        create_time=timestamp(row["created_at"]),
    )
    if row["resolved_at"] is not None:
        message.resolve_time.FromDatetime(row["resolved_at"])
    return message


def finding_of(message: people_pb2.Finding, origin: str, number: int = 0) -> Finding:
    """The domain's form."""
    published = message.published_time.ToDatetime(tzinfo=UTC) if message.HasField("published_time") else None
    return Finding(
        origin=origin,
        number=number,
        url=message.url,
        title=message.title,
        text=message.text,
        site=message.site,
        medium=medium_name(message.medium),
        author=message.author,
        published_at=published,
    )
