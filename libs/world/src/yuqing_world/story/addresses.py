"""Gives each text its address and the id that its site knows it by."""

from yuqing_world.story.arc import Place
from yuqing_world.story.people import site_of
from yuqing_world.story.sketch import Sketch

POSTS_PER_PAGE = 15
"""Floors of a thread on one page."""
COMMENTS_PER_PAGE = 50
"""Comments on one page, the newest first."""
FIRST_ARTICLE, FIRST_POST, FIRST_COPY = 2_000_000, 300_000, 700_000
"""What is added to a sketch's number to make the site's own."""
_FIRST_STATUS = 5_230_417_700_000_000
_STATUS_STEP = 9_973


def native_id(sketch: Sketch) -> str:
    """The id on its own site."""
    number = sketch.number
    match sketch.place:
        case Place.MICROBLOG | Place.REPOST:
            return str(_FIRST_STATUS + number * _STATUS_STEP)
        case Place.ARTICLE:
            return str(FIRST_ARTICLE + number)
        case Place.COPY:
            return f"p{FIRST_COPY + number}"
        case Place.ESSAY:
            return f"e{number}"
        case Place.REVIEW:
            return f"r{number}"
        case Place.COMMENT:
            return f"c{number}"
        case Place.THREAD | Place.REPLY:
            return str(FIRST_POST + number)


def number_of_status(status: str) -> int | None:
    """The number behind a status id; None for something that is not one."""
    if not status.isdecimal():
        return None
    number, rest = divmod(int(status) - _FIRST_STATUS, _STATUS_STEP)
    return number if rest == 0 and number >= 0 else None


def path_of(sketch: Sketch, floor: int = 0) -> str:
    """The path on its site; `floor` is the position of a reply in its thread, where the opening has 0."""
    own = native_id(sketch)
    match sketch.place:
        case Place.MICROBLOG | Place.REPOST:
            return f"/status/{own}"
        case Place.ARTICLE:
            return f"/a/{own}.html"
        case Place.COPY:
            return f"/news/{own}.html"
        case Place.ESSAY:
            return f"/p/{own}"
        case Place.REVIEW:
            return f"/review/{own}"
        case Place.COMMENT:
            return f"{path_of(sketch.root)}#{own}" if sketch.root else "/"
        case Place.THREAD:
            return thread_path(own, 1)
        case Place.REPLY:
            return f"{thread_path(native_id(sketch.root), floor // POSTS_PER_PAGE + 1)}#p{own}" if sketch.root else "/"


def thread_path(thread: str, page: int) -> str:
    """A page of a thread, from 1."""
    return f"/thread/{thread}" if page == 1 else f"/thread/{thread}?page={page}"


def comments_path(article: str, page: int) -> str:
    """A page of the comments below an article, from 1; the first is on the article itself."""
    return f"/a/{article}.html" if page == 1 else f"/a/{article}/comments?page={page}"


def url_of(sketch: Sketch, floor: int = 0) -> str:
    """The absolute address."""
    return f"http://{site_of(sketch.place)}{path_of(sketch, floor)}"
