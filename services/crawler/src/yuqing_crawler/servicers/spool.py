"""The spool as people see it: how much waits, what was refused, and sending that again."""

from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import spool_pb2, spool_pb2_grpc
from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.domain.reach import Reach
from yuqing_crawler.servicers.calls import Lists, write_once
from yuqing_crawler.store import spool
from yuqing_crawler.wire import timestamp
from yuqing_runtime import audit
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database

PREFIX = "deadLetters/"


class SpoolServicer(spool_pb2_grpc.SpoolServiceServicer):
    """yuqing.crawler.v1.SpoolService."""

    def __init__(self, database: Database, reach: Reach, lists: Lists) -> None:
        self._database = database
        self._reach = reach
        self._lists = lists

    async def GetSpool(self, request: spool_pb2.GetSpoolRequest, context: Any) -> spool_pb2.GetSpoolResponse:
        """How the spool stands."""
        async with self._database.read() as connection:
            seen = await spool.overview(connection)
        message = spool_pb2.GetSpoolResponse(
            waiting=seen.waiting,
            dead_letters=seen.dead_letters,
            acknowledged=seen.acknowledged,
            shipping=self._reach.shipping,
            detail=self._reach.detail,
        )
        if seen.oldest_age is not None:
            message.oldest_age.FromTimedelta(seen.oldest_age)
        return message

    async def ListDeadLetters(self, request: spool_pb2.ListDeadLettersRequest, context: Any) -> spool_pb2.ListDeadLettersResponse:
        """What was refused, the newest first."""
        size, position = self._lists.begin(request)
        async with self._database.read() as connection:
            found = await spool.dead_letters(connection, before=cast("int | None", position), limit=size + 1)
        letters = [
            spool_pb2.DeadLetter(
                name=f"{PREFIX}{letter.sequence}",
                document=document_pb2.Document.FromString(letter.message),
                reason=letter.reason,
                detail=letter.detail,
                time=timestamp(letter.refused_at),
            )
            for letter in found[:size]
        ]
        token = self._lists.next_token(request, found[size - 1].sequence) if len(found) > size else ""
        return spool_pb2.ListDeadLettersResponse(dead_letters=letters, next_page_token=token)

    async def ReplayDeadLetters(self, request: spool_pb2.ReplayDeadLettersRequest, context: Any) -> spool_pb2.ReplayDeadLettersResponse:
        """Lets refused documents wait again."""

        async def effect(connection: AsyncConnection) -> spool_pb2.ReplayDeadLettersResponse:
            sequences = [int(name.removeprefix(PREFIX)) for name in request.names]
            replayed = await spool.replay(connection, sequences)
            record = AuditRecord(
                current_caller().principal, "deadLetters.replay", PREFIX + "-", after={"replayed": replayed}, request_id=request.request_id
            )
            await audit.record(connection, record)
            return spool_pb2.ReplayDeadLettersResponse(replayed=replayed)

        return await write_once(self._database, request, spool_pb2.ReplayDeadLettersResponse, effect)
