"""The corner of trouble: everything that a crawler must survive, each at an address of its own."""

import asyncio
import itertools
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from yuqing_world.sites.replies import html, number_of, render, robots

_MIB = 1 << 20
BOMB_BYTES = 512 * _MIB
"""What the gzip bomb becomes."""
_TARGETS = {
    "loopback": "http://127.0.0.1/",
    "localhost": "http://localhost/",
    "private": "http://10.11.12.13/",
    "link-local": "http://169.254.169.254/latest/meta-data/",
    "ipv6-loopback": "http://[::1]/",
    "mapped": "http://[::ffff:127.0.0.1]/",
    "decimal": "http://2130706433/",
    "file": "file:///etc/passwd",
}
_DISTRESS = "霁川K5空气炸锅用了三天就冒烟，客服电话排队四十分钟，说会有人联系我，到现在也没有等到。"


@dataclass(frozen=True, slots=True)
class TroubleSite:
    """Pages that go wrong. Counters for each `key` of the query let a test see how often it was asked."""

    asked: Counter[str] = field(default_factory=Counter[str])

    def routes(self) -> list[Route]:
        """All troubles."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/loop/{step:int}", self.loop),
            Route("/to/{target}", self.redirect),
            Route("/calendar/{year:int}/{month:int}", self.calendar),
            Route("/huge", self.huge),
            Route("/bomb", self.bomb),
            Route("/slow", self.slow),
            Route("/broken.html", self.broken),
            Route("/busy", self.busy),
            Route("/burst", self.burst),
            Route("/wrong-charset.html", self.wrong_charset),
            Route("/empty.html", self.empty),
            Route("/scripts.html", self.scripts),
            Route("/login.html", self.login),
            Route("/gone.html", self.gone),
            Route("/forbidden/page.html", self.forbidden),
        ]

    async def front(self, _: Request) -> Response:
        """A list of all troubles, as an ordinary list page."""
        today = date.today()  # noqa: DTZ011 (any day will do)
        return html(render("trouble/front.html", targets=_TARGETS, year=today.year, month=today.month))

    async def loop(self, request: Request) -> Response:
        """Three redirects in a ring."""
        return RedirectResponse(f"/loop/{(request.path_params['step'] + 1) % 3}", 302)

    async def redirect(self, request: Request) -> Response:
        """A redirect to an address that a crawler must never fetch; `?port=` sets its port."""
        target = _TARGETS.get(request.path_params["target"], "http://127.0.0.1/")
        port = request.query_params.get("port", "")
        if port.isdecimal():
            target = target.rstrip("/") + f":{port}/"
        return RedirectResponse(target, 302)

    async def calendar(self, request: Request) -> Response:
        """A calendar whose next month always exists."""
        year, month = request.path_params["year"], min(max(request.path_params["month"], 1), 12)
        first = date(min(max(year, 1900), 9000), month, 1)
        days = [first + timedelta(days=offset) for offset in range(28)]
        return html(render("trouble/calendar.html", first=first, days=days, before=first - timedelta(days=1), after=first + timedelta(days=32)))

    async def huge(self, request: Request) -> Response:
        """A page of `?mib=` mebibytes (64), without a length."""
        chunk = f"<p>{_DISTRESS}</p>\n".encode() * 512
        chunks = number_of(request, "mib", 64, most=4096) * _MIB // len(chunk) + 1

        async def body() -> AsyncIterator[bytes]:
            yield "<!doctype html><meta charset=utf-8><title>一页到底</title>\n".encode()
            for _ in range(chunks):
                yield chunk

        return StreamingResponse(body(), media_type="text/html")

    async def bomb(self, _: Request) -> Response:
        """Half a kilobyte for each mebibyte: a gzip body that becomes BOMB_BYTES."""
        body = await run_in_threadpool(_bomb)
        return Response(body, headers={"content-encoding": "gzip", "content-type": "text/html; charset=utf-8"})

    async def slow(self, request: Request) -> Response:
        """One byte a second (`?every_ms=`), for an hour."""
        pause_seconds = number_of(request, "every_ms", 1000, most=60_000) / 1000

        async def body() -> AsyncIterator[bytes]:
            for byte in itertools.islice(itertools.cycle(b"<p>slow</p>\n"), 3600):
                yield bytes([byte])
                await asyncio.sleep(pause_seconds)

        return StreamingResponse(body(), media_type="text/html")

    async def broken(self, _: Request) -> Response:
        """An article in HTML that nobody closed."""
        return html(render("trouble/broken.html", text=_DISTRESS))

    async def busy(self, request: Request) -> Response:
        """429 with Retry-After (`?seconds=`, 2) for the first `?times=` (2) asks of a `?key=`, then a page."""
        times, seconds = number_of(request, "times", 2, most=1_000_000), number_of(request, "seconds", 2, most=86_400)
        if self._count(request, "busy") <= times:
            return html("<h1>访问过于频繁</h1>", status=429, headers={"retry-after": str(seconds)})
        return html(render("trouble/plain.html", title="终于进来了", text=_DISTRESS))

    async def burst(self, request: Request) -> Response:
        """503 for the first half of every ten asks."""
        if (self._count(request, "burst") - 1) % 10 < 5:
            return html("<h1>Service Unavailable</h1>", status=503)
        return html(render("trouble/plain.html", title="服务恢复", text=_DISTRESS))

    def _count(self, request: Request, trouble: str) -> int:
        key = f"{trouble}/{request.query_params.get('key', '')}"
        self.asked[key] += 1
        return self.asked[key]

    async def wrong_charset(self, _: Request) -> Response:
        """GBK bytes under a header that says UTF-8 and a meta that says Latin-1."""
        text = render("trouble/plain.html", title="编码声明有误", text=_DISTRESS).replace('charset="utf-8"', 'charset="iso-8859-1"')
        return Response(text.encode("gbk"), headers={"content-type": "text/html; charset=utf-8"})

    async def empty(self, _: Request) -> Response:
        """Nothing at all, successfully."""
        return Response(b"", media_type="text/html")

    async def scripts(self, _: Request) -> Response:
        """A page that is nothing without scripts."""
        return html(render("trouble/scripts.html"))

    async def login(self, _: Request) -> Response:
        """A page that wants a login."""
        return html(render("trouble/login.html"), status=403)

    async def gone(self, _: Request) -> Response:
        """A page that was taken down."""
        return html("<h1>根据相关法律法规，此内容已被删除</h1>", status=410)

    async def forbidden(self, _: Request) -> Response:
        """A page that robots.txt forbids."""
        return html(render("trouble/plain.html", title="不许抓取", text=_DISTRESS))

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots(disallow=("/forbidden/",))


@cache
def _bomb() -> bytes:
    """A gzip member (RFC 1952) of one block repeated: after a full flush a block stands for itself, so it is compressed only once."""
    mebibyte = b" " * _MIB
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = compressor.compress(mebibyte) + compressor.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(BOMB_BYTES // _MIB):
        checksum = zlib.crc32(mebibyte, checksum)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + block * (BOMB_BYTES // _MIB) + compressor.flush() + struct.pack("<II", checksum, BOMB_BYTES)
