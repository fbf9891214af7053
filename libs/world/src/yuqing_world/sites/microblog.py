"""The microblog: a JSON interface with cursor, page and offset, an endpoint behind a token, and pages for people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yuqing_world.sites import times
from yuqing_world.sites.replies import Paging, html, not_found, number_of, page_of, render, robots
from yuqing_world.story.addresses import number_of_status
from yuqing_world.story.arc import Place
from yuqing_world.story.sketch import Sketch
from yuqing_world.story.world import World

PER_PAGE = 20
MOST_PER_PAGE = 100
TOKEN = "town-crier"
"""What the endpoint behind a token wants in the header X-Town-Token; no secret, the README tells it."""
_SEARCHED = 5_000
"""A search looks at this many of the newest statuses, as live searches do."""
_SITE = "微谈"
_ShownTime = Callable[[datetime], str | int]


@dataclass(frozen=True, slots=True)
class MicroblogSite:
    """The interface and the pages of the microblog over a world."""

    world: World

    def routes(self) -> list[Route]:
        """All endpoints and pages."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/api/v1/timeline", self.timeline),
            Route("/api/v1/search", self.search),
            Route("/api/v1/public", self.public),
            Route("/api/v1/hot", self.hot),
            Route("/api/v1/statuses/{id}", self.status),
            Route("/status/{id}", self.page),
        ]

    async def timeline(self, request: Request) -> Response:
        """The newest statuses; `cursor` is what the last page gave as `next_cursor`, which is null on the last one."""
        now = self.world.now()
        count = number_of(request, "count", PER_PAGE, most=MOST_PER_PAGE)
        before = _read_cursor(request.query_params.get("cursor", ""))
        if before is None and request.query_params.get("cursor"):
            return _refused(400, "cursor 无效")
        found = list(islice(self._existing(now, before), count + 1))
        shown = found[:count]
        following = _cursor(shown[-1]) if len(found) > count else None
        return JSONResponse({"ok": 1, "statuses": [self._status(each, now, times.weibo) for each in shown], "next_cursor": following})

    def _existing(self, now: datetime, before: tuple[float, int] | None = None) -> Iterator[Sketch]:
        """Statuses that exist, the newest first, from behind a cursor on."""
        hour = self.world.clock.hour(now)
        for sketch in self.world.statuses.backwards(min(hour, before[0]) if before else hour):
            if sketch.exists_at(hour) and (before is None or (sketch.hour, sketch.number) < before):
                yield sketch

    async def search(self, request: Request) -> Response:
        """The statuses that hold the words of `q`, by `page` and `count`."""
        now = self.world.now()
        wanted = request.query_params.get("q", "").split()
        if not wanted:
            return _refused(400, "缺少参数 q")
        count, page = number_of(request, "count", PER_PAGE, most=MOST_PER_PAGE), page_of(request)
        searched = islice(self._existing(now), _SEARCHED)
        found = [each for each in searched if all(word in self.world.item(each).text_at(now) for word in wanted)]
        paging = Paging(page, count, len(found))
        shown = [self._status(each, now, times.iso) for each in found[paging.skip : paging.skip + count]]
        return JSONResponse({"ok": 1, "data": {"list": shown, "page": page, "pages": paging.pages, "total": len(found)}})

    async def public(self, request: Request) -> Response:
        """All statuses by `offset` and `limit`; times are milliseconds."""
        now = self.world.now()
        limit = number_of(request, "limit", PER_PAGE, most=MOST_PER_PAGE)
        asked = request.query_params.get("offset", "0")
        offset = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
        shown = islice(self._existing(now), offset, offset + limit)
        items = [self._status(each, now, lambda at: int(at.timestamp() * 1000)) for each in shown]
        total = self.world.statuses.published(self.world.clock.hour(now))
        return JSONResponse({"items": items, "offset": offset, "limit": limit, "total": total})

    async def hot(self, request: Request) -> Response:
        """The most passed on of late; only with the token."""
        if request.headers.get("x-town-token") != TOKEN:
            return _refused(401, "需要请求头 X-Town-Token")
        now = self.world.now()
        newest = [self.world.item(each) for each in islice(self._existing(now), 500) if each.place is Place.MICROBLOG]
        hot = sorted(newest, key=lambda each: -self.world.counts(each, now).reposts)[:PER_PAGE]
        return JSONResponse({"ok": 1, "statuses": [self._status(each.sketch, now, times.weibo) for each in hot]})

    async def status(self, request: Request) -> Response:
        """One status; 404 when it is deleted."""
        now = self.world.now()
        sketch = self._find(request, now)
        return _refused(404, "该微谈已被作者删除或不存在") if sketch is None else JSONResponse(self._status(sketch, now, times.weibo))

    async def page(self, request: Request) -> Response:
        """One status as a page."""
        now = self.world.now()
        sketch = self._find(request, now)
        if sketch is None:
            return not_found(_SITE, "抱歉，该微谈已被作者删除")
        return html(render("microblog/status.html", cards=[self._card(sketch, now)], hot=self._topics(now), now=now))

    async def front(self, request: Request) -> Response:
        """The newest statuses as a page."""
        now = self.world.now()
        skip = (page_of(request) - 1) * PER_PAGE
        cards = [self._card(each, now) for each in islice(self._existing(now), skip, skip + PER_PAGE)]
        return html(render("microblog/front.html", cards=cards, hot=self._topics(now), page=page_of(request), now=now))

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots(disallow=("/settings/",))

    def _find(self, request: Request, now: datetime) -> Sketch | None:
        number = number_of_status(request.path_params["id"])
        sketch = self.world.find(number, Place.MICROBLOG, Place.REPOST) if number is not None else None
        return sketch if sketch is not None and sketch.exists_at(self.world.clock.hour(now)) else None

    def _card(self, sketch: Sketch, now: datetime) -> dict[str, object]:
        item = self.world.item(sketch)
        root = self.world.item(sketch.root) if sketch.root is not None else None
        return {
            "item": item,
            "text": item.text_at(now),
            "counts": self.world.counts(item, now),
            "root": root if root and not root.deleted_by(now) else None,
            "root_gone": root is not None and root.deleted_by(now),
        }

    def _topics(self, now: datetime) -> list[tuple[str, int]]:
        """The hashtags of late with how often they were used."""
        used: dict[str, int] = {}
        for sketch in islice(self._existing(now), 300):
            pieces = self.world.item(sketch).text.split("#")
            for tag in pieces[1::2] if len(pieces) % 2 else ():
                used[tag] = used.get(tag, 0) + 1
        return sorted(used.items(), key=lambda pair: (-pair[1], pair[0]))[:10]

    def _status(self, sketch: Sketch, now: datetime, shown: _ShownTime, *, nested: bool = False) -> dict[str, object]:
        item = self.world.item(sketch)
        counts = self.world.counts(item, now)
        status: dict[str, object] = {
            "id": item.native_id,
            "url": item.url,
            "created_at": shown(item.published_at),
            "text": item.text_at(now),
            "source": ("微谈网页版", "iPhone客户端", "Android客户端")[item.number % 3],
            "region_name": f"发布于 {item.region}",
            "user": {
                "id": str(item.author.number),
                "screen_name": item.author.name,
                "followers_count": item.author.followers,
                "verified": item.author.verified,
                "region": item.region,
            },
            "reposts_count": counts.reposts,
            "comments_count": counts.comments,
            "likes_count": counts.likes,
            "edited": item.edited_at(now) is not None,
        }
        if sketch.root is not None and not nested:
            status["retweeted_status"] = self._nested(sketch.root, now, shown)
        return status

    def _nested(self, root: Sketch, now: datetime, shown: _ShownTime) -> dict[str, object]:
        item = self.world.item(root)
        if item.deleted_by(now):
            return {"id": item.native_id, "deleted": True, "text": "抱歉，该微谈已被作者删除。", "user": None}
        return self._status(root, now, shown, nested=True)


def _cursor(sketch: Sketch) -> str:
    return f"{sketch.hour!r}_{sketch.number}"


def _read_cursor(cursor: str) -> tuple[float, int] | None:
    hour, _, number = cursor.partition("_")
    try:
        return float(hour), int(number)
    except ValueError:
        return None


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"ok": 0, "error_code": status, "error": message}, status)
