"""Stored pages: the evidence behind mentions, to look at and to download."""

from collections.abc import AsyncIterator
from typing import Any

from google.api import httpbody_pb2
from sqlalchemy import RowMapping

from yuqing.crawler.v1 import spool_pb2, spool_pb2_grpc
from yuqing_crawler.store import pages
from yuqing_crawler.wire import timestamp
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_runtime.objects import Objects

PREFIX = "storedPages/"
CONTENT_TYPE = "application/warc"


class StoredPageServicer(spool_pb2_grpc.StoredPageServiceServicer):
    """yuqing.crawler.v1.StoredPageService."""

    def __init__(self, database: Database, objects: Objects) -> None:
        self._database = database
        self._objects = objects

    async def GetStoredPage(self, request: spool_pb2.GetStoredPageRequest, context: Any) -> spool_pb2.GetStoredPageResponse:
        """What is known of it."""
        row = await self._find(request.name)
        message = spool_pb2.StoredPage(
            name=request.name,
            url=row["url"],
            payload_sha256=row["payload_sha256"],
            fetched_time=timestamp(row["fetched_at"]),
            size_bytes=row["size_bytes"],
        )
        if not row["held"]:
            message.expire_time.FromDatetime(row["expires_at"])
        return spool_pb2.GetStoredPageResponse(stored_page=message)

    async def DownloadStoredPage(
        self,
        request: spool_pb2.DownloadStoredPageRequest,
        context: Any,
    ) -> AsyncIterator[spool_pb2.DownloadStoredPageResponse]:
        """Its record, in pieces; only the first names the type."""
        await self._find(request.name)
        content_type = CONTENT_TYPE
        async for part in self._objects.get_stream(request.name.removeprefix(PREFIX)):
            yield spool_pb2.DownloadStoredPageResponse(body=httpbody_pb2.HttpBody(content_type=content_type, data=part))
            content_type = ""

    async def _find(self, name: str) -> RowMapping:
        async with self._database.read() as connection:
            row = await pages.get(connection, name.removeprefix(PREFIX))
            now = await self._database.now(connection)
        if row is None or (row["expires_at"] <= now and not row["held"]):
            raise NotFound(f"there is no {name}", reason="STORED_PAGE_NOT_FOUND")
        return row
