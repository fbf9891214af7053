"""Topics: kept, changed and told; every change stands in the audit chain and in the feed."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.access.v1 import access_pb2
from yuqing.scoring.v1 import topic_pb2 as pb
from yuqing.scoring.v1 import topic_pb2_grpc
from yuqing_runtime import audit, clock, feed, idempotency
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import Aborted, FailedPrecondition, FieldViolation, InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from yuqing_runtime.idempotency import Attempt
from yuqing_runtime.pages import PageTokens, page_size
from yuqing_scoring.domain.topic import MOST_TOPICS, Topic, TopicRuleBroken, Viewer
from yuqing_scoring.store import topics
from yuqing_scoring.topic_wire import changed_topic, new_topic, topic_message
from yuqing_text.query.errors import QueryError
from yuqing_text.query.parser import QueryParser
from yuqing_text.query.schema import TOPIC_QUERIES
from yuqing_text.query.widening import Synonyms

FEED = "topics"
Context = grpc.aio.ServicerContext[Any, Any]
_SEE_ALL = frozenset({access_pb2.ROLE_MONITOR, access_pb2.ROLE_LEADER, access_pb2.ROLE_AUDITOR})
_CHANGE_ALL = frozenset({access_pb2.ROLE_MONITOR, access_pb2.ROLE_LEADER})


class QueryRefused(InvalidArgument):
    """The topic's query cannot be read; `metadata` has its place as [start, end) in code points and the message in Chinese."""

    default_reason = "QUERY_ERROR"


class TopicServicer(topic_pb2_grpc.TopicServiceServicer):
    """TopicService; `zone` is the organisation's time zone, in which queries name days."""

    def __init__(self, database: Database, tokens: PageTokens, zone: str) -> None:
        self._database = database
        self._tokens = tokens
        self._parser = QueryParser(TOPIC_QUERIES, zone=zone)

    async def CreateTopic(self, request: pb.CreateTopicRequest, context: Context) -> pb.CreateTopicResponse:
        """Errors: QueryRefused, InvalidArgument, PermissionDenied, AlreadyExists, ResourceExhausted, RequestIdReused."""
        attempt = Attempt.of(
            current_caller().principal, "CreateTopic", request_id=request.request_id, body=request.SerializeToString(deterministic=True)
        )
        async with self._database.write() as connection:
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.CreateTopicResponse.FromString(kept)
            if await topics.count(connection) >= MOST_TOPICS:
                raise ResourceExhausted(f"there are {MOST_TOPICS} topics already: remove or join some", reason="TOO_MANY_TOPICS")
            created = new_topic(request.topic, secrets.token_hex(6), await clock.now(connection))
            self._check(created)
            _may_change(created)
            await topics.add(connection, created)
            reply = pb.CreateTopicResponse(topic=topic_message(created))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await _tell(connection, _Change("topics.create", None, created, request.request_id))
        return reply

    async def GetTopic(self, request: pb.GetTopicRequest, context: Context) -> pb.GetTopicResponse:
        """Errors: NotFound."""
        async with self._database.read() as connection:
            return pb.GetTopicResponse(topic=topic_message(await _found(connection, request.name)))

    async def ListTopics(self, request: pb.ListTopicsRequest, context: Context) -> pb.ListTopicsResponse:
        """Errors: InvalidPageToken, PageTokenExpired."""
        size, principal, viewer = page_size(request.page_size), current_caller().principal, _viewer()
        subject = pb.Subject.Name(request.subject) if request.subject else ""
        bound = f"topics {subject}".encode()
        match self._tokens.read(request.page_token, query=bound, person=principal):
            case [str() as display_name, str() as last]:
                after = (display_name, last)
            case _:
                after = ("", "")
        async with self._database.read() as connection:
            found = [topic for topic in await topics.everything(connection, after=after, subject=subject) if topic.visible_to(viewer)]
        shown = found[:size]
        token = self._tokens.issue([shown[-1].display_name, shown[-1].id], query=bound, person=principal) if len(found) > size else ""
        return pb.ListTopicsResponse(topics=[topic_message(topic) for topic in shown], next_page_token=token)

    async def UpdateTopic(self, request: pb.UpdateTopicRequest, context: Context) -> pb.UpdateTopicResponse:
        """Errors: NotFound, QueryRefused, InvalidArgument, PermissionDenied, Aborted, AlreadyExists, RequestIdReused."""
        attempt = Attempt.of(
            current_caller().principal, "UpdateTopic", request_id=request.request_id, body=request.SerializeToString(deterministic=True)
        )
        async with self._database.write() as connection:
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return pb.UpdateTopicResponse.FromString(kept)
            before = await _changeable(connection, request.topic.name, request.topic.etag)
            after = _changed(before, request, now=await clock.now(connection))
            self._check(after)
            _may_change(after)
            await topics.change(connection, after)
            reply = pb.UpdateTopicResponse(topic=topic_message(after))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await _tell(connection, _Change("topics.update", before, after, request.request_id))
        return reply

    async def DeleteTopic(self, request: pb.DeleteTopicRequest, context: Context) -> pb.DeleteTopicResponse:
        """Errors: NotFound, PermissionDenied, Aborted."""
        async with self._database.write() as connection:
            before = await _changeable(connection, request.name, request.etag)
            await topics.remove(connection, before)
            await _tell(connection, _Change("topics.delete", before, None))
        return pb.DeleteTopicResponse()

    async def WatchTopics(self, request: pb.WatchTopicsRequest, context: Context) -> AsyncIterator[pb.WatchTopicsResponse]:
        """All changes after a sequence, then new ones as they are committed; for ever. Errors: SequenceGone."""
        async for changes in feed.watch(self._database, FEED, request.after_sequence):
            for change in changes:
                message = pb.WatchTopicsResponse.FromString(change.payload)
                message.sequence = change.sequence
                yield message

    def _check(self, topic: Topic) -> None:
        try:
            topic.check()
            self._parser.parse(topic.query, synonyms=Synonyms(topic.synonyms))
        except TopicRuleBroken as error:
            # Not InvalidArgument: how two fields stand to each other is nothing that the contract says.
            violations = (FieldViolation(f"topic.{error.field}", str(error)),)
            raise FailedPrecondition(str(error), reason="TOPIC_TIMES", violations=violations) from error
        except QueryError as error:
            raise _refused(error) from error


@dataclass(frozen=True, slots=True)
class _Change:
    action: str
    before: Topic | None
    after: Topic | None
    request_id: str = ""


def _refused(error: QueryError) -> QueryRefused:
    description = f"{error.message} (at {error.start}-{error.end})" + (f"; {error.hint}" if error.hint else "")
    chinese = error.message_zh + (f"；{error.hint_zh}" if error.hint_zh else "")
    return QueryRefused(
        f"query: {description} {chinese}",
        metadata={"code": error.code, "start": str(error.start), "end": str(error.end), "message_zh": chinese},
        violations=(FieldViolation("topic.query", f"{description} {chinese}"),),
    )


def _viewer() -> Viewer:
    person = current_caller().require_person()
    heads = frozenset(department for department, roles in person.memberships.items() if access_pb2.ROLE_HEAD in roles)
    return Viewer(person.departments, heads, sees_all=bool(person.roles & _SEE_ALL), changes_all=bool(person.roles & _CHANGE_ALL))


async def _found(connection: AsyncConnection, name: str, *, for_update: bool = False) -> Topic:
    topic = await topics.find(connection, name.removeprefix("topics/"), for_update=for_update)
    if topic is None or not topic.visible_to(_viewer()):
        raise NotFound(f"{name} is not there")
    return topic


async def _changeable(connection: AsyncConnection, name: str, etag: str) -> Topic:
    topic = await _found(connection, name, for_update=True)
    _may_change(topic)
    if etag and etag != str(topic.version):
        raise Aborted("it was changed meanwhile: read it again", reason="ETAG_MISMATCH")
    return topic


def _may_change(topic: Topic) -> None:
    if not topic.changeable_by(_viewer()):
        raise PermissionDenied(f"topics of {topic.department} are not yours to change", reason="NOT_RESPONSIBLE")


def _changed(before: Topic, request: pb.UpdateTopicRequest, *, now: datetime) -> Topic:
    try:
        return changed_topic(before, request.topic, frozenset(request.update_mask.paths), now)
    except KeyError as error:
        raise InvalidArgument.of("update_mask", f"{', '.join(error.args)} cannot be changed") from error


async def _tell(connection: AsyncConnection, change: _Change) -> None:
    """The change in the feed and in the audit chain: last in the transaction, as they hold the lock that orders both."""
    topic = change.after or change.before
    if topic is None:
        raise ValueError("a change has a topic before or after it")
    message = pb.WatchTopicsResponse(topic=topic_message(topic), deleted=change.after is None)
    await feed.append(connection, FEED, kind=change.action, key=topic.name, payload=message.SerializeToString())
    before, after = (each.for_audit() if each else None for each in (change.before, change.after))
    record = AuditRecord(current_caller().principal, change.action, topic.name, before, after, change.request_id)
    await audit.record(connection, record)
