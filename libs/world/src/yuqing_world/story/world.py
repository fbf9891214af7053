"""The world as a pure model: what exists at which moment, page by page, and the truth about it."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from yuqing_world.story.addresses import native_id, url_of
from yuqing_world.story.arc import Place, Strand
from yuqing_world.story.clock import StoryClock
from yuqing_world.story.counts import Counts, counts_of
from yuqing_world.story.item import Edit, Item, Kind, truth_of
from yuqing_world.story.people import author_of, outlet_of, site_of, stars_of
from yuqing_world.story.plan import plan
from yuqing_world.story.shelf import Shelf
from yuqing_world.story.sketch import Sketch
from yuqing_world.story.vocabulary import PRODUCTS, TOPIC_BOARD, TOPIC_SECTION
from yuqing_world.texts.writer import edit_of, write

_KINDS = {
    Place.ARTICLE: (Kind.NEWS, "news"), Place.COPY: (Kind.NEWS, "news"), Place.ESSAY: (Kind.NEWS, "wechat"),
    Place.COMMENT: (Kind.COMMENT, "news"), Place.THREAD: (Kind.POST, "forum"), Place.REPLY: (Kind.POST, "forum"),
    Place.REVIEW: (Kind.REVIEW, "review"), Place.MICROBLOG: (Kind.MICROBLOG, "microblog"), Place.REPOST: (Kind.MICROBLOG, "microblog"),
}  # fmt: skip
_REMEMBERED_ITEMS = 20_000


class World:
    """A town with its story. Given the same seed, size, start and speed it is the same world, in any process."""

    def __init__(self, *, seed: int = 1, posts: int = 2_000, start: datetime | None = None, speed: float = 60.0) -> None:
        """`start` is the moment of hour 0 of the story, now where it is not given; `posts` counts all texts of the story, history included."""
        self.seed = seed
        self.clock = StoryClock(start or datetime.now(UTC).replace(microsecond=0), speed)
        self.sketches = plan(seed, posts)
        self.articles, self.copies, self.statuses, self.essays, self.posts = Shelf(), Shelf(), Shelf(), Shelf(), Shelf()
        self.sections: dict[str, Shelf] = defaultdict(Shelf)
        self.boards: dict[str, Shelf] = defaultdict(Shelf)
        self.columns: dict[str, Shelf] = defaultdict(Shelf)
        self.reviews: dict[str, Shelf] = defaultdict(Shelf)
        self._comments: dict[int, Shelf] = defaultdict(Shelf)
        self._floors: dict[int, Shelf] = defaultdict(Shelf)
        self.item = lru_cache(_REMEMBERED_ITEMS)(self._made)
        for sketch in self.sketches:
            self._shelve(sketch)

    def now(self) -> datetime:
        """The present moment, which is the wall clock's."""
        return datetime.now(UTC)

    def items_at(self, at: datetime) -> Iterator[Item]:
        """What was published by this moment, the deleted ones included, in order of the plan."""
        hour = self.clock.hour(at)
        return (self.item(sketch) for sketch in self.sketches if sketch.hour <= hour)

    def truth(self, at: datetime) -> Iterator[dict[str, object]]:
        """The truth about all that was published by this moment, as JSON objects."""
        return (truth_of(item, at) for item in self.items_at(at))

    def counts(self, item: Item, at: datetime) -> Counts:
        """How an item is liked, passed on and read at this moment."""
        return counts_of(self.seed, item.sketch, item.author.followers, self.clock.hour(at))

    def comments(self, article: Sketch) -> Shelf:
        """The comments below an article."""
        return self._comments[article.number]

    def floors(self, thread: Sketch) -> Shelf:
        """The posts of a thread, its opening first."""
        return self._floors[thread.number]

    def find(self, number: int, *places: Place) -> Sketch | None:
        """The sketch with this number, if it is one of these places."""
        sketch = self.sketches[number] if 0 <= number < len(self.sketches) else None
        return sketch if sketch is not None and sketch.place in places else None

    def add(self, sketch: Sketch) -> Item:
        """Puts another text into the world, with the next number."""
        sketch.number = len(self.sketches)
        self.sketches.append(sketch)
        self._shelve(sketch)
        return self.item(sketch)

    def changed(self) -> None:
        """To be called after a sketch was changed: items are made anew."""
        self.item.cache_clear()

    def _shelve(self, sketch: Sketch) -> None:
        for shelf in self._shelves(sketch):
            shelf.add(sketch)

    def _shelves(self, sketch: Sketch) -> tuple[Shelf, ...]:
        match sketch.place:
            case Place.ARTICLE:
                return self.articles, self.sections[section_of(sketch)]
            case Place.COPY:
                return (self.copies,)
            case Place.MICROBLOG | Place.REPOST:
                return (self.statuses,)
            case Place.ESSAY:
                return self.essays, self.columns[author_of(self.seed, sketch).name]
            case Place.REVIEW:
                return (self.reviews[sketch.subject],)
            case Place.COMMENT:
                return (self._comments[_root(sketch).number],)
            case Place.THREAD | Place.REPLY:
                return self.posts, self.boards[board_of(_root(sketch))], self._floors[_root(sketch).number]

    def _made(self, sketch: Sketch) -> Item:
        kind, medium = _KINDS[sketch.place]
        written, author, wall = write(self.seed, sketch), author_of(self.seed, sketch), self.clock.wall
        floor = self.floors(_root(sketch)).position(sketch) if sketch.place is Place.REPLY else 0
        return Item(
            number=sketch.number,
            native_id=native_id(sketch),
            site=site_of(sketch.place),
            url=url_of(sketch, floor),
            medium=medium,
            kind=kind,
            strand=sketch.strand,
            sentiment=sketch.sentiment,
            title=written.title,
            text=written.text,
            author=author,
            outlet=outlet_of(sketch),
            published_at=wall(sketch.hour),
            region=author.region if kind is not Kind.NEWS else "",
            rating=stars_of(sketch) if kind is Kind.REVIEW else None,
            product=PRODUCTS[sketch.subject].name if kind is Kind.REVIEW else "",
            reply_to=_reply_to(sketch),
            repost_of=native_id(_root(sketch)) if sketch.place is Place.REPOST else "",
            copy_of=f"{site_of(sketch.source.place)}/{native_id(sketch.source)}" if sketch.source else "",
            edits=self._edits(sketch, written.text),
            deleted_at=None if math.isinf(sketch.deleted_hour) else wall(sketch.deleted_hour),
            sketch=sketch,
        )

    def _edits(self, sketch: Sketch, text: str) -> tuple[Edit, ...]:
        edits: list[Edit] = []
        for index, hour in enumerate(sketch.edit_hours):
            added = edit_of(self.seed, sketch, index)
            text = added if sketch.words is not None else f"{text}\n{added}"
            edits.append(Edit(self.clock.wall(hour), text))
        return tuple(edits)


def _root(sketch: Sketch) -> Sketch:
    return sketch.root or sketch


def _reply_to(sketch: Sketch) -> str:
    if sketch.place is Place.REPOST:
        return ""
    answered = sketch.answers or sketch.root
    return native_id(answered) if answered is not None else ""


def section_of(article: Sketch) -> str:
    """The section of the paper that an article is in."""
    if article.strand is Strand.TOWN:
        return TOPIC_SECTION.get(article.subject, "shehui")
    return "caijing" if article.strand in (Strand.ORDINARY, Strand.COMPETITOR) else "xiaofei"


def board_of(thread: Sketch) -> str:
    """The forum's board that a thread is on."""
    return TOPIC_BOARD.get(thread.subject, "wangshi") if thread.strand is Strand.TOWN else "jiadian"
