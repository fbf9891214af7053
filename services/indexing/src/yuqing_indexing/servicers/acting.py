"""What people do to a mention: once for each request id, told in the feed and the audit chain, and followed by the index."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.following_people import FollowingPeople
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.servicers.asking import engine_errors
from yuqing_indexing.servicers.attempts import attempt_of
from yuqing_indexing.store.registry import FEED, change_row, places_of
from yuqing_runtime import audit, feed, idempotency, order
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord, JsonValue
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound

Reply = TypeVar("Reply", bound=Message)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Done:
    """What was done: the mentions that are another now (none: nothing changed), what the audit record says, and the reply."""

    reply: Message
    changed: Collection[str]
    before: Mapping[str, JsonValue] | None = None
    after: Mapping[str, JsonValue] | None = None


Effect = Callable[[AsyncConnection], Awaitable[Done]]
"""Runs under the service's lock, so what it reads stays as it is until it has written."""


@dataclass(frozen=True)
class Act:
    """What is done to what: the request with its id, the action and resource of the audit record, and what the feed says."""

    request: Any
    action: str
    resource: str
    kind: ChangeKind


@dataclass(frozen=True)
class Acting:
    """Does it."""

    database: Database
    mentions: Mentions
    following: FollowingPeople

    async def mention(self, mention_id: str) -> Mention:
        """The mention as it is now. Errors: NotFound, Unavailable."""
        with engine_errors():
            found = (await self.mentions.read([mention_id])).get(mention_id)
        if found is None:
            raise NotFound(f"mentions/{mention_id} is not there")
        return found

    async def do(self, act: Act, mentions: Mapping[str, Mention], effect: Effect, reply: type[Reply]) -> Reply:
        """Has the effect on mentions that were read; those erased meanwhile are not there for it. Errors: NotFound, RequestIdReused."""
        principal = current_caller().principal
        attempt = attempt_of(act.request)
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return reply.FromString(kept)
            if len(await places_of(connection, mentions)) < len(mentions):
                raise NotFound("it was erased meanwhile")
            done = await effect(connection)
            await idempotency.keep(connection, attempt, done.reply.SerializeToString())
            if done.changed:
                await tell(connection, act.kind, [mentions[name] for name in done.changed])
                record = AuditRecord(principal, act.action, act.resource, done.before, done.after, act.request.request_id)
                await audit.record(connection, record)
        await self.follow(done.changed)
        return reply.FromString(done.reply.SerializeToString())

    async def follow(self, mentions: Collection[str]) -> None:
        """Has the index follow at once; where it is away, the worker does it later."""
        try:
            await self.following.again(mentions)
        except OutsideUnavailable as error:
            _log.warning("the index follows later", mentions=len(mentions), error=str(error))


async def tell(connection: AsyncConnection, kind: ChangeKind, mentions: Collection[Mention]) -> None:
    """Tells the feed what people did."""
    rows = [change_row(each.id, kind, each.document, topics=[match.topic for match in each.topics]) for each in mentions]
    await feed.append_all(connection, FEED, rows)
