"""The connection to Elasticsearch: fast JSON, no retries that hide what happened, one kind of failure for 'away for now'."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import orjson
from elastic_transport import AiohttpHttpNode, HttpHeaders, JsonSerializer, NdjsonSerializer
from elastic_transport._node._base import NodeApiResponse  # the package exports the class that returns it, not the type
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from yuqing_indexing.domain.ports import OutsideUnavailable

BUSY_STATUSES = frozenset({429, 502, 503, 504})
"""What the engine answers while it has no room, is starting, or is looking for a master."""
_LARGE_BYTES = 256 * 1024
_OPTIONS = orjson.OPT_UTC_Z


class _Node(AiohttpHttpNode):
    """Sends large bodies in pieces (aiohttp would write them in one go, and warn of it) and keeps them out of the log.

    The class above decodes every body for a debug line, whether or not anybody reads it; and what people wrote has no place in a log.
    """

    async def perform_request(  # type: ignore[override] # as in the class above it
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> NodeApiResponse:
        """As ever, but for the body."""
        sent = io.BytesIO(body) if body and len(body) > _LARGE_BYTES else body
        return await super().perform_request(method, target, cast("bytes | None", sent), headers, request_timeout)

    def _log_request(self, *_request: object, **_reply: object) -> None:
        return


class _Json(JsonSerializer):
    def json_dumps(self, data: Any) -> bytes:
        return orjson.dumps(data, option=_OPTIONS)

    def json_loads(self, data: bytes) -> Any:
        return orjson.loads(data)


class _Ndjson(_Json, NdjsonSerializer):
    """Lines of a bulk request; bytes are lines that are ready."""

    def dumps(self, data: Any) -> bytes:
        return data if isinstance(data, bytes) else super().dumps(data)


def dumps(value: object) -> bytes:
    """The value as JSON; aware times become RFC 3339 in UTC."""
    return orjson.dumps(value, option=_OPTIONS)


def connect(url: str, *, timeout_seconds: float = 30.0) -> AsyncElasticsearch:
    """A client for the cluster at `url` (with user and password in it where there are any). Nothing is asked yet."""
    return AsyncElasticsearch(
        url,
        node_class=_Node,
        request_timeout=timeout_seconds,
        max_retries=0,  # who calls decides what may be repeated
        retry_on_timeout=False,
        serializers={"application/json": _Json(), "application/vnd.elasticsearch+json": _Json()}
        | {"application/x-ndjson": _Ndjson(), "application/vnd.elasticsearch+x-ndjson": _Ndjson()},
    )


@contextmanager
def away_is_named() -> Generator[None, None, None]:
    """Turns failures that a repetition may cure into OutsideUnavailable."""
    try:
        yield
    except TransportError as error:
        raise OutsideUnavailable(f"Elasticsearch cannot be reached: {error}") from error
    except ApiError as error:
        if error.status_code in BUSY_STATUSES:
            raise OutsideUnavailable(f"Elasticsearch has no room at present: {error.status_code} {error.message}") from error
        raise
