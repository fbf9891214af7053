"""Who lives in the town: accounts with names, followers and regions, each made from its number when it is first met."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from zlib import crc32

from yuqing_world.story import vocabulary
from yuqing_world.story.arc import Place, Sentiment, Strand
from yuqing_world.story.script import people
from yuqing_world.story.sketch import Sketch
from yuqing_world.texts.grammar import town_grammar

_SITE_OF = {
    Place.ARTICLE: vocabulary.NEWS, Place.COMMENT: vocabulary.NEWS, Place.THREAD: vocabulary.FORUM, Place.REPLY: vocabulary.FORUM,
    Place.REVIEW: vocabulary.SHOP, Place.MICROBLOG: vocabulary.MICROBLOG, Place.REPOST: vocabulary.MICROBLOG, Place.ESSAY: vocabulary.FEED,
    Place.COPY: vocabulary.PARTNER,
}  # fmt: skip
_MOST_FOLLOWERS = 4_000_000
_VERIFIED_FROM_FOLLOWERS = 30_000


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who writes. `number` is unique on its site; `level` is a forum's rank from 1 to 12."""

    number: int
    name: str
    followers: int
    verified: bool
    region: str
    level: int


def site_of(place: Place) -> str:
    """The host that texts of this place appear on."""
    return _SITE_OF[place]


def account(seed: int, site: str, index: int) -> Account:
    """The account with this index on a site."""
    random = Random(f"account/{seed}/{site}/{index}")
    followers = min(int(math.exp(random.gauss(5.2, 1.9))), _MOST_FOLLOWERS)
    return Account(
        number=100_000 + index,
        name=town_grammar().write("handle", random),
        followers=followers,
        verified=followers >= _VERIFIED_FROM_FOLLOWERS,
        region=random.choice(vocabulary.REGIONS),
        level=1 + int(random.random() ** 2 * 12),
    )


def named(name: str) -> Account:
    """Somebody whom the script or a test calls by name."""
    known = people().get(name)
    number = 1_000_000 + crc32(name.encode())
    if known is None:
        return Account(number, name, followers=200, verified=False, region="浙江", level=3)
    return Account(number, name, known.followers, known.verified, known.region, level=6)


def _journalist(seed: int, sketch: Sketch) -> str:
    return town_grammar().write("journalist", Random(f"journalist/{seed}/{sketch.number % 23}"))


_ESSAYISTS: dict[Strand, tuple[str, ...]] = {
    Strand.TOWN: ("quan", "yechuan"),
    Strand.COMPETITOR: ("chufang", "laotao"),
    Strand.ORDINARY: ("chufang", "laotao"),
    Strand.PRAISE: ("chufang",),
    Strand.COMPLAINT: ("laotao", "quan"),
    Strand.ANSWER: ("laotao", "quan"),
}


def _essayist(_: int, sketch: Sketch) -> str:
    keys = _ESSAYISTS.get(sketch.strand, ("quan",))
    return vocabulary.FEED_AUTHORS[keys[sketch.number % len(keys)]]


_BYLINES: dict[Place, Callable[[int, Sketch], str]] = {Place.ARTICLE: _journalist, Place.ESSAY: _essayist}


def author_of(seed: int, sketch: Sketch) -> Account:
    """Who wrote a text. A copy names the author of what it copies."""
    if sketch.beat is not None:
        return named(sketch.beat.author)
    if sketch.place is Place.COPY and sketch.source is not None:
        return author_of(seed, sketch.source)
    byline = _BYLINES.get(sketch.place)
    return named(byline(seed, sketch)) if byline else account(seed, site_of(sketch.place), sketch.author)


def outlet_of(sketch: Sketch) -> str:
    """The paper that an article is from; empty elsewhere."""
    if sketch.beat is not None and sketch.place is Place.ARTICLE:
        return sketch.beat.outlet
    if sketch.place is Place.COPY and sketch.source is not None:
        return outlet_of(sketch.source)
    return vocabulary.OUTLETS[sketch.number % len(vocabulary.OUTLETS)] if sketch.place is Place.ARTICLE else ""


def stars_of(sketch: Sketch) -> int:
    """How many stars a review gives, from 1 to 5, by how it is meant."""
    low, high = {Sentiment.NEGATIVE: (1, 2), Sentiment.NEUTRAL: (3, 3), Sentiment.POSITIVE: (4, 5)}[sketch.sentiment]
    return high if sketch.number % 3 else low
