"""Queries with graded texts, from the files beside this module and the demonstration world: what `python -m tests.bench relevance` asks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from yuqing_world.story.world import World

_FOLDER = Path(__file__).parent
_POSTS, _START, _AFTER = 900, datetime(2026, 5, 1, tzinfo=UTC), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Judged:
    """A text that can be found."""

    title: str
    text: str
    medium: str
    author: str
    published: datetime

    @property
    def key(self) -> str:
        """What its grades are kept under: when its words change, they are judged anew."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: in the query language, and as it would be typed where that is unknown; grades (0–3) by the key of the text."""

    query: str
    typed: str
    need: str
    grades: Mapping[str, int]


@cache
def texts() -> Sequence[Judged]:
    """The world's texts, each once, and those written beside them."""
    world = World(posts=_POSTS, start=_START, speed=1.0)
    at = _START + _AFTER
    told = [Judged(item.title, item.text_at(at), item.medium, item.author.name, item.published_at) for item in world.items_at(at)]
    for number, line in enumerate(_lines("texts.txt")):
        _, title, text = (part.strip() for part in line.split("|"))
        told.append(Judged(title, text, "news" if title else "microblog", "", _START + timedelta(minutes=number)))
    return tuple({each.key: each for each in told if each.text}.values())


@cache
def events() -> Sequence[tuple[str, Judged]]:
    """Reports of invented events, each with the event that it tells of; those that begin with `lone` tell of one that nobody else tells of."""
    told: list[tuple[str, Judged]] = []
    for line in _lines("events.txt"):
        event, hours, title, text = (part.strip() for part in line.split("|"))
        told.append((event, Judged(title, text, "news" if title else "microblog", "", _START + timedelta(hours=int(hours)))))
    return tuple(told)


@cache
def queries() -> Sequence[Query]:
    """All queries; the even ones are for development, the odd ones are kept back."""
    grades: dict[str, dict[str, int]] = {}
    for line in _lines("grades.tsv"):
        query, *graded = line.split("\t")
        for each in graded:
            grade, keys = each.split(":")
            grades.setdefault(query, {}).update(dict.fromkeys(keys.split(), int(grade)))
    rows = [line.split("\t") for line in _lines("queries.tsv")]
    return tuple(Query(query, typed or query, need, grades.get(query, {})) for query, typed, need in rows)


def _lines(name: str) -> list[str]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
