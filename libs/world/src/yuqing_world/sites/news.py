"""The news site: sections with paging, articles with comments, a news sitemap, and two articles in other charsets."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yuqing_world.sites import times
from yuqing_world.sites.replies import Paging, conditional, html, not_found, page_of, render, robots
from yuqing_world.story.addresses import COMMENTS_PER_PAGE, FIRST_ARTICLE
from yuqing_world.story.arc import Place
from yuqing_world.story.item import Item
from yuqing_world.story.shelf import Shelf
from yuqing_world.story.sketch import Sketch
from yuqing_world.story.vocabulary import NEWS, OUTLETS, SECTIONS
from yuqing_world.story.world import World, section_of

ARTICLES_PER_PAGE = 20
_SITEMAP_MOST = 1_000
_SITEMAP_AGE = timedelta(days=4)
_TIME_FORMS: dict[str, Callable[[datetime], str]] = dict(
    zip(OUTLETS, (times.chinese, times.slashed, times.dashed, times.without_year, times.with_half_of_day), strict=True)
)
_META_FORMS = ("open-graph", "none", "linked-data", "plain")
"""How much an article's head says of it, by turns."""


@dataclass(frozen=True, slots=True)
class NewsSite:
    """Pages of the news site over a world."""

    world: World
    crawl_delay_seconds: float

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/sitemap-news.xml", self.sitemap),
            Route("/a/{number:int}.html", self.article),
            Route("/a/{number:int}/comments", self.comments),
            Route("/img/{number:int}.svg", self.image),
            Route("/neibu/{rest:path}", self.internal),
            Route("/{section}/", self.section),
            Route("/{section}/index_{page:int}.html", self.section),
        ]

    async def front(self, request: Request) -> Response:
        """The front page: the newest of every section."""
        return self._list(request, "", self.world.articles, page_of(request))

    async def section(self, request: Request) -> Response:
        """A section's list, page by page."""
        section = request.path_params["section"]
        if section not in SECTIONS:
            return not_found("澜州新闻网")
        return self._list(request, section, self.world.sections[section], request.path_params.get("page", 1))

    def _list(self, request: Request, section: str, shelf: Shelf, page: int) -> Response:
        now = self.world.now()
        hour = self.world.clock.hour(now)
        paging = Paging(page, ARTICLES_PER_PAGE, shelf.published(hour))
        if not 1 <= page <= paging.pages:
            return not_found("澜州新闻网")
        articles = [self.world.item(each) for each in shelf.newest(hour, paging.skip, paging.per_page) if each.exists_at(hour)]
        text = render(
            "news/list.html",
            **self._frame(now),
            section=section,
            articles=articles,
            paging=paging,
            leads={each.key: _lead(each) for each in articles},
        )
        return conditional(request, html(text))

    async def article(self, request: Request) -> Response:
        """An article with its comments, the newest first."""
        now = self.world.now()
        item = self._find(request, now)
        if item is None:
            return not_found("澜州新闻网")
        beat = item.sketch.beat
        text = render(
            "news/article.html",
            **self._frame(item.published_at),
            **self._talk(item, now, 1),
            item=item,
            section=section_of(item.sketch),
            body=item.text_at(now),
            edited_at=item.edited_at(now),
            shown_time=_TIME_FORMS.get(item.outlet, times.chinese)(item.published_at),
            meta=_META_FORMS[item.number % len(_META_FORMS)],
            charset=beat.charset if beat else "utf-8",
            related=self._related(item),
        )
        return self._served(request, item, text, self._changed_at(item, now))

    def _served(self, request: Request, item: Item, text: str, changed_at: datetime) -> Response:
        charset = item.sketch.beat.charset if item.sketch.beat else "utf-8"
        response = html(text, charset=charset)
        if charset == "gb18030":
            # As old sites do: only the page's own meta names the charset, and by its older name.
            response.headers["content-type"] = "text/html"
        return conditional(request, response, changed_at)

    def _changed_at(self, item: Item, now: datetime) -> datetime:
        """When the article, its comments or the counts beside them last changed."""
        said = self.world.comments(item.sketch).newest(self.world.clock.hour(now), 0, 1)
        moments = [each.hour for each in said] + ([_counted_hour(self.world.clock.hour(now))] if said else [])
        return max([item.edited_at(now) or item.published_at, *(self.world.clock.wall(hour) for hour in moments)])

    async def comments(self, request: Request) -> Response:
        """A further page of an article's comments."""
        now = self.world.now()
        item = self._find(request, now)
        if item is None:
            return not_found("澜州新闻网")
        values = self._talk(item, now, page_of(request))
        return conditional(request, html(render("news/comments.html", **self._frame(now), **values, item=item, section=section_of(item.sketch))))

    def _find(self, request: Request, now: datetime) -> Item | None:
        sketch = self.world.find(request.path_params["number"] - FIRST_ARTICLE, Place.ARTICLE)
        return self.world.item(sketch) if sketch is not None and sketch.exists_at(self.world.clock.hour(now)) else None

    def _talk(self, item: Item, now: datetime, page: int) -> dict[str, object]:
        hour = self.world.clock.hour(now)
        shelf = self.world.comments(item.sketch)
        paging = Paging(page, COMMENTS_PER_PAGE, shelf.published(hour))
        said = [self.world.item(each) for each in shelf.newest(hour, paging.skip, paging.per_page) if each.exists_at(hour)]
        answered = {each.key: self._answered(each.sketch) for each in said}
        counted_at = self.world.clock.wall(_counted_hour(hour))
        counts = {each.key: self.world.counts(each, counted_at) for each in said}
        return {"said": said, "answered": answered, "counts": counts, "talk": paging}

    def _answered(self, comment: Sketch) -> Item | None:
        return self.world.item(comment.answers) if comment.answers is not None else None

    def _related(self, item: Item) -> list[Item]:
        """Articles that stood beside it when it was published: what is around an article does not change, or no reader could say 304."""
        hour = item.sketch.hour
        shelf = self.world.sections[section_of(item.sketch)]
        return [self.world.item(each) for each in shelf.newest(hour, 0, 7) if each.exists_at(hour) and each is not item.sketch][:6]

    def _frame(self, at: datetime) -> dict[str, object]:
        """What every page of the site shows: sections, and the most read as of a moment."""
        hour = self.world.clock.hour(at)
        newest = [each for each in self.world.articles.newest(hour, 0, 40) if each.exists_at(hour)]
        ranked = sorted(newest, key=lambda each: (each.beat is None, each.number * 7919 % 101))[:8]
        return {"sections": SECTIONS, "ranked": [self.world.item(each) for each in ranked], "today": times.day(at)}

    async def sitemap(self, request: Request) -> Response:
        """A news sitemap of the last four days, a thousand addresses at the most."""
        now = self.world.now()
        hour = self.world.clock.hour(now)
        newest = [self.world.item(each) for each in self.world.articles.newest(hour, 0, _SITEMAP_MOST) if each.exists_at(hour)]
        items = [item for item in newest if now - item.published_at <= _SITEMAP_AGE]
        body = render("news/sitemap.xml", items=items)
        return conditional(request, Response(body, media_type="application/xml"))

    async def image(self, request: Request) -> Response:
        """A drawing in place of a photograph."""
        number = request.path_params["number"]
        return Response(render("drawing.svg", number=number), media_type="image/svg+xml", headers={"cache-control": "max-age=86400"})

    async def internal(self, request: Request) -> Response:
        """Pages that robots.txt forbids: a crawler that comes here has not read it."""
        return html(render("news/internal.html", **self._frame(self.world.now()), path=request.url.path))

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots(disallow=("/neibu/",), crawl_delay_seconds=self.crawl_delay_seconds, sitemap=f"http://{NEWS}/sitemap-news.xml")


def _counted_hour(hour: float) -> float:
    """Likes of comments are counted anew at each quarter of an hour of the story."""
    return math.floor(hour * 4) / 4


def _lead(item: Item) -> str:
    first = item.text.split("\n", 1)[0]
    return first[:76] + "……" if len(first) > 78 else first
