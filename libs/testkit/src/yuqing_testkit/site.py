"""A website on the loopback interface whose pages a test decides, for what fetches from the outside."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Page:
    """What the website answers for a path."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    etag: str = ""
    delay_seconds: float = 0.0


@dataclass
class Site:
    """A website under any names: `pages` by path, or by `host/path`. It counts what it was asked for."""

    pages: dict[str, Page | Callable[[Mapping[str, str]], Page]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    requests: list[Mapping[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                headers = {"path": path}
                while header := (await reader.readline()).decode("latin-1").strip():
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                await self._answer(path, headers, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str, headers: Mapping[str, str], writer: asyncio.StreamWriter) -> None:
        self.asked[path] += 1
        self.requests.append(headers)
        found = self.pages.get(headers.get("host", "") + path, self.pages.get(path, Page(status=404)))
        page = found if isinstance(found, Page) else found(headers)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(page.delay_seconds)
        self.at_once -= 1
        status, body = page.status, page.body.encode() if isinstance(page.body, str) else page.body
        sent = dict(page.headers)
        if page.etag:
            sent["ETag"] = page.etag
            if headers.get("if-none-match") == page.etag:
                status, body = 304, b""
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in sent.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        await writer.drain()


@asynccontextmanager
async def running_site() -> AsyncGenerator[Site, None]:
    """A started website."""
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()


def feed(*items: tuple[str, str], host: str = "news.test") -> str:
    """An RSS feed of entries (native id, text), with the whole text in the feed."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{name}</guid><link>http://{host}/{name}</link><title>标题 {name}</title>"
        f"<description>{text}</description><pubDate>Tue, 24 Nov 2026 08:00:00 +0800</pubDate></item>"
        for name, text in items
    )
    return f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>新闻</title>{entries}</channel></rss>"
