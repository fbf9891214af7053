"""Messages ↔ domain of topics, pure functions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from google.protobuf.timestamp_pb2 import Timestamp

from yuqing.scoring.v1 import topic_pb2
from yuqing_scoring.domain.topic import CHANGEABLE, Topic


def topic_message(topic: Topic) -> topic_pb2.Topic:
    """The topic as the contract has it."""
    return topic_pb2.Topic(
        name=topic.name,
        display_name=topic.display_name,
        subject=topic_pb2.Subject.Value(topic.subject),
        department=topic.department,
        query=topic.query,
        shown_terms=topic.shown_terms,
        language=topic.language,
        start_time=_timestamp(topic.start_time),
        end_time=_timestamp(topic.end_time),
        shared_with=topic.shared_with,
        paused=topic.paused,
        etag=str(topic.version),
        create_time=_timestamp(topic.create_time),
        update_time=_timestamp(topic.update_time),
        synonyms=[topic_pb2.SynonymList(terms=terms) for terms in topic.synonyms],
    )


def new_topic(message: topic_pb2.Topic, topic_id: str, now: datetime) -> Topic:
    """The topic that a person asks for."""
    return Topic(
        id=topic_id,
        display_name=message.display_name,
        subject=topic_pb2.Subject.Name(message.subject),
        department=message.department,
        query=message.query,
        shown_terms=tuple(message.shown_terms),
        language=message.language,
        start_time=_moment(message, "start_time"),
        end_time=_moment(message, "end_time"),
        shared_with=tuple(message.shared_with),
        paused=message.paused,
        version=1,
        create_time=now,
        update_time=now,
        synonyms=tuple(tuple(each.terms) for each in message.synonyms),
    )


def changed_topic(before: Topic, message: topic_pb2.Topic, paths: frozenset[str], now: datetime) -> Topic:
    """The topic with the fields that the paths name, or all that are set. Errors: KeyError with the paths that nobody may set."""
    if unknown := paths - CHANGEABLE:
        raise KeyError(*sorted(unknown))
    fields = paths or CHANGEABLE.intersection(field.name for field, _ in message.ListFields())
    wanted = new_topic(message, before.id, now)
    changes = {name: getattr(wanted, name) for name in fields}
    return replace(before, version=before.version + 1, update_time=now, **changes)


def _timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


def _moment(message: topic_pb2.Topic, field: Literal["start_time", "end_time"]) -> datetime | None:
    if not message.HasField(field):
        return None
    timestamp: Timestamp = getattr(message, field)
    return timestamp.ToDatetime(UTC)
