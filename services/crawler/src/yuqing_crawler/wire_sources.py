"""Messages ↔ domain: sources, their health and events. Pure functions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

from yuqing.crawler.v1 import source_pb2
from yuqing.type.v1 import types_pb2
from yuqing_crawler.domain.health import HealthState
from yuqing_crawler.domain.source import Source, Standing
from yuqing_crawler.engine.looking import Look
from yuqing_crawler.wire import document_message, timestamp

CHANGEABLE = frozenset(
    {
        "display_name",
        "kind",
        "medium",
        "address",
        "parameters",
        "secrets",
        "legal_basis",
        "owner",
        "minimum_interval",
        "maximum_interval",
        "requests_per_second",
        "time_zone",
        "paused",
    }
)
"""Fields of a source that people may set; the others are the system's."""
READ_ANEW = frozenset({"kind", "address", "parameters"})
"""After a change of these, what was remembered of the source's pages no longer holds."""


def source_message(source: Source, standing: Standing) -> source_pb2.Source:
    """The contract's form; secrets by name only."""
    return source_pb2.Source(
        name=source.name,
        display_name=source.display_name,
        kind=source.kind,
        medium=types_pb2.Medium.ValueType(source.medium),
        address=source.address,
        parameters=struct(source.parameters),
        secret_names=source.secret_names,
        legal_basis=source.legal_basis,
        owner=source.owner,
        minimum_interval=duration(source.minimum_interval_seconds),
        maximum_interval=duration(source.maximum_interval_seconds),
        requests_per_second=source.requests_per_second,
        time_zone=source.time_zone,
        paused=source.paused,
        health=health_message(standing),
        etag=etag(source),
        create_time=timestamp(source.created_at),
        update_time=timestamp(source.updated_at),
    )


def etag(source: Source) -> str:
    """The version that a change must name, if it names one."""
    return f"r{source.revision}"


def health_message(standing: Standing) -> source_pb2.SourceHealth:
    """The contract's form."""
    message = source_pb2.SourceHealth(
        state=source_pb2.HealthState.ValueType(standing.state),
        items_last_day=standing.items_last_day,
        items_usual_per_day=standing.items_usual_per_day,
        errors=dict(standing.errors or {}),
        detail=standing.detail,
    )
    for name, moment in (
        ("last_success_time", standing.last_success_at),
        ("last_attempt_time", standing.last_attempt_at),
        ("next_run_time", standing.next_run_at),
    ):
        if moment is not None:
            getattr(message, name).FromDatetime(moment)
    if standing.interval_seconds:
        message.interval.CopyFrom(duration(standing.interval_seconds))
    if standing.lag_seconds is not None:
        message.lag.CopyFrom(duration(standing.lag_seconds))
    return message


def event_message(source_id: str, before: int, after: int, *, detail: str, at: datetime) -> source_pb2.SourceEvent:
    """The contract's form of a change of state."""
    return source_pb2.SourceEvent(
        source=f"sources/{source_id}",
        before=source_pb2.HealthState.ValueType(before),
        after=source_pb2.HealthState.ValueType(after),
        detail=detail,
        time=timestamp(at),
    )


def preview_message(source: Source, look: Look) -> source_pb2.PreviewSourceResponse:
    """The contract's form of what was seen of a source."""
    documents = [
        document_message(document, source=source.name, source_kind=source.kind, medium=source.medium, fetched_at=fetched.fetched_at)
        for document, fetched in look.documents
    ]
    pages = [source_pb2.FetchedPage(url=page.url, status=page.status, size_bytes=page.size_bytes, outcome=page.outcome) for page in look.pages]
    dropped = [source_pb2.DroppedItem(url=item.url, reason=item.reason.value, detail=item.detail) for item in look.dropped]
    return source_pb2.PreviewSourceResponse(documents=documents, dropped=dropped, pages=pages, notes=look.notes)


def changed(source: Source, message: source_pb2.Source, fields: frozenset[str]) -> Source:
    """The source with the fields that are named as the message has them; secrets are sealed elsewhere."""
    plain = fields & {"display_name", "kind", "medium", "address", "legal_basis", "owner", "requests_per_second", "time_zone", "paused"}
    source = replace(source, **{name: getattr(message, name) for name in plain})
    if "parameters" in fields:
        source = replace(source, parameters=parameters_of(message))
    if "minimum_interval" in fields and message.HasField("minimum_interval"):
        source = replace(source, minimum_interval_seconds=seconds(message.minimum_interval))
    if "maximum_interval" in fields and message.HasField("maximum_interval"):
        source = replace(source, maximum_interval_seconds=seconds(message.maximum_interval))
    return source


def parameters_of(message: source_pb2.Source) -> Mapping[str, object]:
    """The parameters as JSON values."""
    return cast("dict[str, object]", MessageToDict(message.parameters))


def given_fields(message: source_pb2.Source) -> frozenset[str]:
    """The fields that the message sets: what an update without a mask changes."""
    return frozenset(field.name for field, _ in message.ListFields()) & CHANGEABLE


def struct(values: Mapping[str, object]) -> Struct:
    """JSON values as a message."""
    return ParseDict(dict(values), Struct())


def duration(value: float) -> Duration:
    """Seconds as a message."""
    message = Duration()
    message.FromTimedelta(timedelta(seconds=value))
    return message


def seconds(message: Duration) -> float:
    """A message as seconds."""
    return message.seconds + message.nanos / 1e9


def state_filter(number: int) -> HealthState | None:
    """The state that a list is cut down to; None for all."""
    return HealthState(number) if number else None
