"""A bare Scrapy spider with the crawler's own extraction and nothing else: no robots.txt, no pace, no evidence, no spool.

`python -m tests.bench.spider WORLD_URL SOURCES_JSON CONCURRENCY` prints pages and seconds as JSON.
"""

import json
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Kind, SourceView
from yuqing_crawler.domain.kinds.registry import kind_named, parameters_from_mapping


class BareSpider(Spider):
    """Reads sources to their end. Requests go to the world's port, with the site's name as Host."""

    name = "bare"

    def __init__(self, world: str, sources: list[dict[str, Any]]) -> None:
        super().__init__()
        self._world = world
        self._sources = sources
        self._done: set[str] = set()
        self.pages = 0
        self.documents = 0
        self.begun = self.ended = time.perf_counter()

    async def start(self) -> AsyncGenerator[Request]:
        """The first pages of all sources."""
        self.begun = time.perf_counter()
        for source in self._sources:
            kind = kind_named(source["kind"])
            parameters = parameters_from_mapping(source["kind"], source["parameters"])
            view = SourceView(source["address"], parameters, source["medium"].removeprefix("MEDIUM_").lower())
            for follow in kind.start(view):
                yield self._request(follow, kind, view)

    def _request(self, follow: Follow, kind: Kind[Any], view: SourceView[Any]) -> Request:
        parts = urlsplit(follow.url)
        url = self._world + parts.path + (f"?{parts.query}" if parts.query else "")
        kept = {"follow": follow, "kind": kind, "view": view}
        return Request(url, headers={"Host": parts.netloc, **follow.headers}, cb_kwargs=kept, dont_filter=True)

    def parse(self, response: Response, follow: Follow, kind: Kind[Any], view: SourceView[Any]) -> Iterator[Request]:
        """The further pages of a page; its documents are counted."""
        self.pages += 1
        headers = {name.decode().lower(): values[0].decode("latin-1") for name, values in response.headers.items()}
        parsed = kind.parse(Fetched(follow.url, response.status, headers, response.body, datetime.now(UTC)), follow, view)
        self.documents += len(parsed.documents)
        for each in parsed.follow:
            if not each.once_key or each.once_key not in self._done:
                self._done.add(each.once_key)
                yield self._request(each, kind, view)
        self.ended = time.perf_counter()


def main() -> None:
    """Crawls and reports."""
    world, sources, concurrency = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "ROBOTSTXT_OBEY": False,
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "DOWNLOAD_DELAY": 0,
            "COOKIES_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    crawler = process.create_crawler(BareSpider)
    process.crawl(crawler, world=world, sources=sources)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, BareSpider)
    sys.stdout.write(json.dumps({"pages": spider.pages, "documents": spider.documents, "seconds": spider.ended - spider.begun}))


if __name__ == "__main__":
    main()
