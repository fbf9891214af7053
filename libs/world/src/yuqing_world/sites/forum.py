"""The forum: boards, threads and floors, relative times, quotes, edits and deleted floors that leave a gap."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yuqing_world.sites.replies import Paging, html, not_found, page_of, render, robots
from yuqing_world.story.addresses import FIRST_POST, POSTS_PER_PAGE
from yuqing_world.story.arc import Place
from yuqing_world.story.item import Item
from yuqing_world.story.shelf import Shelf
from yuqing_world.story.sketch import Sketch
from yuqing_world.story.vocabulary import BOARDS
from yuqing_world.story.world import World, board_of

THREADS_PER_PAGE = 25
_SITE = "澜州茶馆"


@dataclass(frozen=True, slots=True)
class Thread:
    """A line of a board's list."""

    opening: Item
    replies: int
    last: Item


@dataclass(frozen=True, slots=True)
class Floor:
    """A post of a thread. `post` is None where it was deleted."""

    number: int
    post: Item | None
    quoted: Item | None
    text: str
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class ForumSite:
    """Pages of the forum over a world."""

    world: World

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/board/{board}", self.board),
            Route("/thread/{number:int}", self.thread),
        ]

    async def front(self, _: Request) -> Response:
        """All boards with what moves in them."""
        now = self.world.now()
        hour = self.world.clock.hour(now)
        shelves = [(key, name, self.world.boards[key]) for key, name in BOARDS.items()]
        boards = [(key, name, shelf.published(hour), self._threads(shelf, hour, 0, 4)) for key, name, shelf in shelves]
        return html(render("forum/front.html", boards=boards, now=now, **self._frame()))

    async def board(self, request: Request) -> Response:
        """A board's threads, those with the latest posts first."""
        key, page = request.path_params["board"], page_of(request)
        if key not in BOARDS:
            return not_found(_SITE)
        now = self.world.now()
        hour = self.world.clock.hour(now)
        skip = (page - 1) * THREADS_PER_PAGE
        threads = self._threads(self.world.boards[key], hour, skip, THREADS_PER_PAGE + 1)
        if not threads and page > 1:
            return not_found(_SITE)
        more = len(threads) > THREADS_PER_PAGE
        return html(render("forum/board.html", key=key, threads=threads[:THREADS_PER_PAGE], page=page, more=more, now=now, **self._frame()))

    def _threads(self, board: Shelf, hour: float, skip: int, limit: int) -> list[Thread]:
        """Walks back over the board's posts until enough threads were met."""
        met: dict[int, Sketch] = {}
        for post in board.backwards(hour):
            thread = post.root or post
            if thread.number not in met and thread.exists_at(hour):
                met[thread.number] = post
                if len(met) >= skip + limit:
                    break
        return [self._line(last, hour) for last in islice(met.values(), skip, None)]

    def _line(self, last: Sketch, hour: float) -> Thread:
        opening = last.root or last
        return Thread(self.world.item(opening), self.world.floors(opening).published(hour) - 1, self.world.item(last))

    async def thread(self, request: Request) -> Response:
        """A page of a thread."""
        now = self.world.now()
        hour = self.world.clock.hour(now)
        opening = self.world.find(request.path_params["number"] - FIRST_POST, Place.THREAD)
        if opening is None or not opening.exists_at(hour):
            return not_found(_SITE, "该主题不存在或已被作者删除")
        shelf = self.world.floors(opening)
        paging = Paging(page_of(request), POSTS_PER_PAGE, shelf.published(hour))
        if paging.page > paging.pages:
            return not_found(_SITE)
        sketches = shelf.oldest(hour, paging.skip, paging.per_page)
        floors = [self._floor(sketch, paging.skip + index + 1, now) for index, sketch in enumerate(sketches)]
        item = self.world.item(opening)
        counts = {floor.post.key: self.world.counts(floor.post, now) for floor in floors if floor.post}
        board = board_of(opening)
        values = {"item": item, "floors": floors, "paging": paging, "counts": counts, "key": board, "now": now}
        return html(render("forum/thread.html", views=self.world.counts(item, now).views + paging.total * 13, **values, **self._frame()))

    def _floor(self, sketch: Sketch, number: int, now: datetime) -> Floor:
        if not sketch.exists_at(self.world.clock.hour(now)):
            return Floor(number, None, None, "", None)
        item = self.world.item(sketch)
        quoted = self.world.item(sketch.answers) if sketch.answers is not None else None
        return Floor(number, item, quoted, item.text_at(now), item.edited_at(now))

    def _frame(self) -> dict[str, object]:
        return {"boards_by_key": BOARDS}

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots(disallow=("/admin/", "/message/"))
