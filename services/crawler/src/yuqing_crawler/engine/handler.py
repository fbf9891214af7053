"""Keeps the number of requests to a host at once, where they leave.

Scrapy's downloader starts a task for each queued request and counts it only when that task runs: requests that come in one turn of the event
loop all leave at once, however small the slot.
"""

from typing import cast

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from yuqing_crawler.engine.middlewares import FetchingSpider, host_of


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's handler on Twisted; each request first takes one of its host's places."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._hosts = cast("FetchingSpider", crawler.spider).parts.hosts

    async def download_request(self, request: Request) -> Response:
        """The response, once there was a place; waiting does not count as the host's time."""
        async with self._hosts.places(host_of(request.url)):
            return await super().download_request(request)
