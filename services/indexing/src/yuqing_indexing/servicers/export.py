"""Exports: all that a query finds as one file, in pieces, with the limit said on the first."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from google.api import httpbody_pb2

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.exporting import MOST_ROWS
from yuqing_indexing.domain.searching import Search
from yuqing_indexing.servicers.asking import Asking, engine_errors, order_of

PIECE_BYTES = 64 * 1024


class FileForm(Protocol):
    """One form of file for one export."""

    media_type: str
    suffix: str

    def pieces(self, portions: AsyncIterator[Sequence[Mention]]) -> AsyncIterator[bytes]:
        """The file in pieces of any size."""
        ...


@dataclass(frozen=True)
class Export:
    """Makes exports; `forms` are the forms that can be asked for."""

    search: Search
    forms: Mapping["mention_pb2.ExportFormat.ValueType", Callable[[tzinfo], FileForm]]
    asking: Asking

    async def stream(self, request: mention_pb2.ExportMentionsRequest) -> AsyncIterator[mention_pb2.ExportMentionsResponse]:
        """The pieces. Errors: QueryRefused, FailedPrecondition, Unavailable."""
        selection = await self.asking.searched(request, await self.asking.sight(request.query))
        zone = ZoneInfo(self.asking.zone)
        form = self.forms[request.format](zone)
        limit = request.limit or MOST_ROWS
        with engine_errors():
            portions = self.search.everything(selection, order_of(request.order, selection), limit)
            total, first = await anext(portions)
            opening = mention_pb2.ExportMentionsResponse(
                rows=min(limit, total),
                total_size=total,
                file_name=f"mentions-{datetime.now(UTC).astimezone(zone):%Y%m%d-%H%M%S}.{form.suffix}",
            )
            async for piece in _in_pieces(form.pieces(_rows(first, portions))):
                opening.body.CopyFrom(httpbody_pb2.HttpBody(content_type=form.media_type, data=piece))
                yield opening
                opening = mention_pb2.ExportMentionsResponse()


async def _rows(first: list[Mention], others: AsyncIterator[tuple[int, list[Mention]]]) -> AsyncIterator[list[Mention]]:
    yield first
    async for _, portion in others:
        yield portion


async def _in_pieces(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of PIECE_BYTES, the last one shorter; one empty piece where there is nothing at all."""
    buffer = bytearray()
    sent = False
    async for part in parts:
        buffer += part
        while len(buffer) >= PIECE_BYTES:
            yield bytes(buffer[:PIECE_BYTES])
            sent = True
            del buffer[:PIECE_BYTES]
    if buffer or not sent:
        yield bytes(buffer)
