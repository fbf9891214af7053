"""The partner's site: copies of news articles under changed titles, with a line that names the source."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yuqing_world.sites.replies import Paging, conditional, html, not_found, page_of, render, robots
from yuqing_world.story.addresses import FIRST_COPY
from yuqing_world.story.arc import Place
from yuqing_world.story.world import World

COPIES_PER_PAGE = 15
_SITE = "南枝资讯"


@dataclass(frozen=True, slots=True)
class PartnerSite:
    """Pages of the partner's site over a world."""

    world: World

    def routes(self) -> list[Route]:
        """All pages."""
        return [Route("/", self.front), Route("/robots.txt", self.robots), Route("/news/p{number:int}.html", self.article)]

    async def front(self, request: Request) -> Response:
        """The list, page by page."""
        hour = self.world.clock.hour(self.world.now())
        paging = Paging(page_of(request, "p"), COPIES_PER_PAGE, self.world.copies.published(hour))
        if paging.page > paging.pages:
            return not_found(_SITE)
        items = [self.world.item(each) for each in self.world.copies.newest(hour, paging.skip, paging.per_page) if each.exists_at(hour)]
        return conditional(request, html(render("partner/list.html", items=items, paging=paging)))

    async def article(self, request: Request) -> Response:
        """A copied article."""
        now = self.world.now()
        hour = self.world.clock.hour(now)
        sketch = self.world.find(request.path_params["number"] - FIRST_COPY, Place.COPY)
        if sketch is None or not sketch.exists_at(hour):
            return not_found(_SITE)
        item = self.world.item(sketch)
        source = self.world.item(sketch.source) if sketch.source is not None else None
        newest = [self.world.item(each) for each in self.world.copies.newest(hour, 0, 6) if each is not sketch]
        text = render("partner/article.html", item=item, body=item.text_at(now), source=source, newest=newest)
        return conditional(request, html(text), item.edited_at(now) or item.published_at)

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots(disallow=("/admin/",))
