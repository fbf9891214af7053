"""Draws up who writes what where and when, in outline: a few numbers for each text, so that a large world is planned in seconds.

Words are written only when somebody reads them (texts.writer). The plan is a pure function of seed and size.
"""

from random import Random

from yuqing_world.story.arc import SHAPES, Place, Sentiment, Strand, hours, quotas
from yuqing_world.story.changes import plan_changes
from yuqing_world.story.crowd import Crowd
from yuqing_world.story.script import Beat, beats
from yuqing_world.story.sketch import Sketch
from yuqing_world.story.vocabulary import TOPICS

SMALLEST = 200
"""A world with fewer texts would not hold the script and its crowd."""
_COPIED_SHARE = 0.02
_COPY_AFTER_HOURS = (0.08, 0.7)
_SENTIMENTS = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
_REVIEWED = {Strand.ORDINARY: ("r3", "w2", "p1"), Strand.COMPETITOR: ("m7", "b2")}


def plan(seed: int, posts: int) -> list[Sketch]:
    """Draws up a world of exactly `posts` texts, in order of time, each with its number. Raises ValueError below SMALLEST."""
    if posts < SMALLEST:
        raise ValueError(f"the smallest world has {SMALLEST} texts")
    random = Random(f"plan/{seed}/{posts}")
    scripted = [_scripted(beat) for beat in beats()]
    copies = int(posts * _COPIED_SHARE)
    sketches = scripted
    for strand, count in quotas(posts - len(scripted) - copies).items():
        sketches += _drawn(strand, count, posts, random)
    sketches.sort(key=_hour)
    Crowd(random).gather(sketches)
    sketches += _copies(sketches, copies, random)
    sketches.sort(key=_hour)
    for number, sketch in enumerate(sketches):
        sketch.number = number
    plan_changes(sketches, random)
    return sketches


def _hour(sketch: Sketch) -> float:
    return sketch.hour


def _scripted(beat: Beat) -> Sketch:
    sketch = Sketch(beat.hour, beat.place, beat.strand, beat.sentiment, beat=beat)
    if beat.deleted_hour is not None:
        sketch.deleted_hour = beat.deleted_hour
    return sketch


def _drawn(strand: Strand, count: int, posts: int, random: Random) -> list[Sketch]:
    shape = SHAPES[strand]
    where = random.choices(list(shape.places), list(shape.places.values()), k=count)
    tones = random.choices(_SENTIMENTS, shape.tone, k=count)
    accounts = max(40, posts // 10)
    return [
        Sketch(hour, place, strand, tone, author=int(random.random() ** 2 * accounts), subject=_subject(strand, place, random))
        for hour, place, tone in zip(hours(strand, count, random), where, tones, strict=True)
    ]


def _subject(strand: Strand, place: Place, random: Random) -> str:
    if place is Place.REVIEW:
        return random.choice(_REVIEWED.get(strand, ("k5",)))
    return random.choice(TOPICS) if strand is Strand.TOWN else ""


def _copies(sketches: list[Sketch], count: int, random: Random) -> list[Sketch]:
    """The partner's copies: of every scripted article, and of others by chance, some minutes of story later."""
    articles = [sketch for sketch in sketches if sketch.place is Place.ARTICLE]
    scripted = [sketch for sketch in articles if sketch.beat]
    others = [sketch for sketch in articles if not sketch.beat]
    chosen = (scripted + random.sample(others, min(len(others), count)))[:count]
    # Where there are too few articles to copy once, the partner runs some of them again.
    chosen += random.choices(articles, k=count - len(chosen))
    return [_copy(article, random) for article in chosen]


def _copy(article: Sketch, random: Random) -> Sketch:
    hour = article.hour + random.uniform(*_COPY_AFTER_HOURS)
    return Sketch(hour, Place.COPY, article.strand, article.sentiment, subject=article.subject, source=article)
