"""The town hall: where the story stands, the truth about every text, and the control switch for tests."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from yuqing_world.control import Control, ControlRequest
from yuqing_world.sites.replies import html, render, robots
from yuqing_world.sources import suggested
from yuqing_world.story import vocabulary
from yuqing_world.story.item import truth_of
from yuqing_world.story.world import World

_SITES = (
    (vocabulary.NEWS, "澜州新闻网"), (vocabulary.FORUM, "澜州茶馆"), (vocabulary.SHOP, "集物铺"), (vocabulary.MICROBLOG, "微谈"),
    (vocabulary.FEED, "澜州公众号阅读"), (vocabulary.PARTNER, "南枝资讯"), (vocabulary.TROUBLE, "麻烦角"),
)  # fmt: skip
_PHASES = (
    (0.0, "往日"), (0.8, "平静"), (2.5, "新品受欢迎"), (4.5, "投诉扩散"), (6.0, "谣言四起"), (8.0, "企业回应"), (12.0, "逐渐平息"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TownSite:
    """Pages about the world itself. Without `control` nothing can be changed from outside."""

    world: World
    control: Control | None

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/clock", self.clock),
            Route("/sources.json", self.sources),
            Route("/truth.jsonl", self.truth),
            Route("/control", self.change, methods=["POST"]),
        ]

    async def front(self, request: Request) -> Response:
        """Where the story stands, with the way to every site."""
        hour = self.world.clock.hour(self.world.now())
        published = sum(1 for sketch in self.world.sketches if sketch.hour <= hour)
        port = f":{request.url.port}" if request.url.port else ""
        values = {"hour": hour, "phase": phase(hour), "published": published, "speed": self.world.clock.speed, "sites": _SITES, "port": port}
        return html(render("town/front.html", **values))

    async def clock(self, _: Request) -> Response:
        """The world's clock."""
        now = self.world.now()
        clock = self.world.clock
        hour = clock.hour(now)
        return JSONResponse(
            {
                "now": now.isoformat(),
                "start": clock.start.isoformat(),
                "speed": clock.speed,
                "hour": hour,
                "phase": phase(hour),
                "seed": self.world.seed,
            }
        )

    async def sources(self, _: Request) -> Response:
        """The sources that a demonstration registers."""
        return JSONResponse(suggested())

    async def truth(self, request: Request) -> Response:
        """The truth as JSON lines at `?at=` (now, a moment of RFC 3339, or +seconds from the start), of one `?site=` if given."""
        at = _moment(request.query_params.get("at", "now"), self.world)
        if at is None:
            return JSONResponse({"error": "at is now, a moment with zone, or +seconds from the start"}, 400)
        return StreamingResponse(self._truths(at, request.query_params.get("site", "")), media_type="application/jsonl")

    def _truths(self, at: datetime, site: str) -> Iterator[str]:
        lines: list[str] = []
        for item in self.world.items_at(at):
            if not site or item.site == site:
                lines.append(json.dumps(truth_of(item, at), ensure_ascii=False) + "\n")
            if len(lines) >= 500:
                yield "".join(lines)
                lines.clear()
        yield "".join(lines)

    async def change(self, request: Request) -> Response:
        """Carries out what a test asks for; 403 in a world without control."""
        if self.control is None:
            return JSONResponse({"error": "this world was started without --control"}, 403)
        try:
            touched = self.control.carry_out(ControlRequest.model_validate_json(await request.body()))
        except ValueError as error:  # a ControlError and pydantic's ValidationError are ones
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"items": self.control.truth(touched)})

    async def robots(self, _: Request) -> Response:
        """Nobody crawls the town hall."""
        return robots(disallow=("/",))


def phase(hour: float) -> str:
    """What the story is at, in a word."""
    return next((name for end, name in _PHASES if hour < end), "恢复平静")


def _moment(text: str, world: World) -> datetime | None:
    if text == "now":
        return world.now()
    # A plus sign in a query is a space unless it is escaped.
    if text[:1] in ("+", " ") and text[1:].isdecimal():
        return world.clock.start + timedelta(seconds=int(text[1:]))
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
