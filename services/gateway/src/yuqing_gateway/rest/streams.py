"""Server streams outside: Server-Sent Events, lines of JSON, or a file in pieces."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final, cast
from urllib.parse import quote

import grpc.aio
import orjson
from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message
from sse_starlette import EventSourceResponse, ServerSentEvent

from yuqing_gateway.rest.json_form import json_of
from yuqing_gateway.rest.problems import problem_of

EVENT_STREAM: Final = "text/event-stream"
JSON_LINES: Final = "application/x-ndjson"
_PING_SECONDS: Final = 15


async def event_response(request: Request, replies: AsyncIterator[Message]) -> Response:
    """The stream in the form that `Accept` names; events where it names none. An error before the first reply is an ordinary problem."""
    if JSON_LINES in request.headers.get("accept", ""):
        return StreamingResponse(_lines(replies), media_type=JSON_LINES)
    return EventSourceResponse(_events(replies), ping=_PING_SECONDS)


async def _events(replies: AsyncIterator[Message]) -> AsyncGenerator[ServerSentEvent]:
    try:
        async for reply in replies:
            sequence = cast("int", getattr(reply, "sequence", 0))
            yield ServerSentEvent(data=orjson.dumps(json_of(reply)).decode(), id=str(sequence) if sequence else None)
    except grpc.aio.AioRpcError as error:
        yield ServerSentEvent(event="error", data=orjson.dumps(_problem(error)).decode())


async def _lines(replies: AsyncIterator[Message]) -> AsyncGenerator[bytes]:
    try:
        async for reply in replies:
            yield orjson.dumps(json_of(reply)) + b"\n"
    except grpc.aio.AioRpcError as error:
        yield orjson.dumps({"error": _problem(error)}) + b"\n"


def _problem(error: Exception) -> dict[str, Any]:
    return problem_of(error).model_dump(mode="json", by_alias=True)


async def download_response(replies: AsyncIterator[Message], body_field: str) -> Response:
    """A file: the first piece says its media type and name, so an error before it is an ordinary problem."""
    first = await anext(aiter(replies), None)
    body = cast("HttpBody", getattr(first, body_field)) if first is not None else HttpBody()
    headers = {"X-Content-Type-Options": "nosniff"}
    file_name = cast("str", getattr(first, "file_name", ""))
    if file_name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name)}"
    rows, total = cast("int", getattr(first, "rows", 0)), cast("int", getattr(first, "total_size", 0))
    if total:
        headers |= {"X-Yuqing-Rows": str(rows), "X-Yuqing-Total": str(total), "X-Yuqing-Truncated": str(rows < total).lower()}
    return StreamingResponse(_pieces(body, replies, body_field), media_type=body.content_type or "application/octet-stream", headers=headers)


async def _pieces(first: HttpBody, replies: AsyncIterator[Message], body_field: str) -> AsyncGenerator[bytes]:
    # A failure in the middle breaks the connection, so that nobody takes half a file for a whole one.
    yield first.data
    async for reply in replies:
        yield cast("HttpBody", getattr(reply, body_field)).data
