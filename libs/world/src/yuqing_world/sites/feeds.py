"""The feed bridge: columns of several authors as RSS, Atom and JSON Feed, with conditional requests, like an RSSHub at hand."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yuqing_world.sites import times
from yuqing_world.sites.replies import conditional, html, not_found, render, robots
from yuqing_world.story.arc import Place
from yuqing_world.story.item import Item
from yuqing_world.story.vocabulary import FEED, FEED_AUTHORS
from yuqing_world.story.world import World

ENTRIES = 20
_SITE = "澜州公众号阅读"
_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}


@dataclass(frozen=True, slots=True)
class FeedSite:
    """Pages and feeds of the bridge over a world."""

    world: World

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/opml", self.opml),
            Route("/{form}/{author}.xml", self.feed),
            Route("/json/{author}.json", self.json),
            Route("/p/e{number:int}", self.essay),
        ]

    async def front(self, _: Request) -> Response:
        """All columns with their latest essays."""
        now = self.world.now()
        columns = [(key, name, self._entries(name, now)[:3]) for key, name in FEED_AUTHORS.items()]
        return html(render("feed/front.html", columns=columns))

    def _entries(self, author: str, now: datetime) -> list[Item]:
        hour = self.world.clock.hour(now)
        return [self.world.item(each) for each in self.world.columns[author].newest(hour, 0, ENTRIES) if each.exists_at(hour)]

    def _changed_at(self, entries: list[Item], now: datetime) -> datetime:
        return max((each.edited_at(now) or each.published_at for each in entries), default=self.world.clock.wall(0))

    async def feed(self, request: Request) -> Response:
        """A column as RSS 2.0 or Atom."""
        form, author = request.path_params["form"], FEED_AUTHORS.get(request.path_params["author"])
        if form not in _TYPES or author is None:
            return not_found(_SITE)
        now = self.world.now()
        entries = self._entries(author, now)
        changed_at = self._changed_at(entries, now)
        texts = {each.key: each.text_at(now) for each in entries}
        body = render(f"feed/{form}.xml", author=author, key=request.path_params["author"], entries=entries, texts=texts, changed_at=changed_at)
        return conditional(request, Response(body, media_type=_TYPES[form]), changed_at)

    async def json(self, request: Request) -> Response:
        """A column as JSON Feed 1.1."""
        key = request.path_params["author"]
        author = FEED_AUTHORS.get(key)
        if author is None:
            return not_found(_SITE)
        now = self.world.now()
        entries = self._entries(author, now)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": author,
            "home_page_url": f"http://{FEED}/",
            "feed_url": f"http://{FEED}/json/{key}.json",
            "language": "zh-CN",
            "items": [_json_entry(each, now) for each in entries],
        }
        return conditional(request, JSONResponse(feed, media_type="application/feed+json"), self._changed_at(entries, now))

    async def opml(self, _: Request) -> Response:
        """All columns as OPML, to import them."""
        return Response(render("feed/opml.xml", authors=FEED_AUTHORS), media_type="text/x-opml")

    async def essay(self, request: Request) -> Response:
        """An essay."""
        now = self.world.now()
        sketch = self.world.find(request.path_params["number"], Place.ESSAY)
        if sketch is None or not sketch.exists_at(self.world.clock.hour(now)):
            return not_found(_SITE, "该内容已被发布者删除")
        item = self.world.item(sketch)
        more = [each for each in self._entries(item.author.name, now) if each.key != item.key][:5]
        text = render("feed/essay.html", item=item, body=item.text_at(now), counts=self.world.counts(item, now), more=more)
        return conditional(request, html(text))

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots()


def _json_entry(item: Item, now: datetime) -> dict[str, object]:
    return {
        "id": item.native_id,
        "url": item.url,
        "title": item.title,
        "content_text": item.text_at(now),
        "date_published": times.iso(item.published_at),
        "authors": [{"name": item.author.name}],
    }
