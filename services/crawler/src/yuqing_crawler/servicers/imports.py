"""Mentions from files: into the spool, with a line for each row that was not taken."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import people_pb2, people_pb2_grpc, source_pb2
from yuqing_crawler.domain.imports import MentionRow, RefusedRow, lines_of, mentions_from_csv, mentions_from_json_lines
from yuqing_crawler.servicers.calls import write_once
from yuqing_crawler.servicers.taking import entry_of
from yuqing_crawler.store import spool, tombstones
from yuqing_runtime import audit, clock
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database

KIND = "import"
_ERASED = "ERASED"


class MentionImportServicer(people_pb2_grpc.MentionImportServiceServicer):
    """yuqing.crawler.v1.MentionImportService. `zone` is the organisation's."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    async def ImportMentions(self, request: people_pb2.ImportMentionsRequest, context: Any) -> people_pb2.ImportMentionsResponse:
        """Takes a file's mentions."""
        rows = await asyncio.to_thread(self._read, request)

        async def effect(connection: AsyncConnection) -> people_pb2.ImportMentionsResponse:
            reply = await _take(connection, rows, request.origin)
            record = AuditRecord(
                current_caller().principal,
                "mentions.import",
                "mentions/-",
                after={"accepted": reply.accepted, "refused": len(reply.refused), "origin": request.origin},
                request_id=request.request_id,
            )
            await audit.record(connection, record)
            return reply

        return await write_once(self._database, request, people_pb2.ImportMentionsResponse, effect)

    def _read(self, request: people_pb2.ImportMentionsRequest) -> list[MentionRow | RefusedRow]:
        read = mentions_from_csv if request.format == people_pb2.MENTION_LIST_FORMAT_CSV else mentions_from_json_lines
        return list(read(lines_of(request.content), now=datetime.now(UTC), zone=self._zone))


async def _take(connection: AsyncConnection, rows: list[MentionRow | RefusedRow], origin: str) -> people_pb2.ImportMentionsResponse:
    refused = [row for row in rows if isinstance(row, RefusedRow)]
    taken = [(row.line, await entry_of(connection, row.document, origin=origin, kind=KIND)) for row in rows if isinstance(row, MentionRow)]
    erased: set[bytes] = set()
    for start in range(0, len(taken), 10_000):
        erased |= await tombstones.erased(connection, [entry.key for _, entry in taken[start : start + 10_000]])
    refused.extend(RefusedRow(line, _ERASED, "this mention was erased for good") for line, entry in taken if entry.key in erased)
    entries = [entry for _, entry in taken if entry.key not in erased]
    await spool.add(connection, entries, await clock.now(connection))
    lines = [source_pb2.RefusedRow(line=row.line, reason=row.reason, detail=row.detail) for row in sorted(refused, key=lambda row: row.line)]
    return people_pb2.ImportMentionsResponse(accepted=len(entries), refused=lines)
