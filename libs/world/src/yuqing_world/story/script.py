"""Reads the beats of the story: the few texts that everybody in town reads, written by hand."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from yuqing_world.story.arc import Place, Sentiment, Strand


@dataclass(frozen=True, slots=True)
class Beat:
    """One scripted text. Hours are hours of the story; `pull` is its weight when the crowd looks for something to gather round."""

    name: str
    hour: float
    place: Place
    strand: Strand
    sentiment: Sentiment
    author: str
    title: str
    text: str
    outlet: str
    pull: float
    charset: str
    """What its page is served in."""
    deleted_hour: float | None
    edit_hour: float | None
    edit: str
    """What the author adds at `edit_hour`."""


@dataclass(frozen=True, slots=True)
class ScriptedPerson:
    """What is known of somebody whom the script names."""

    followers: int
    verified: bool
    region: str


def _beat(row: dict[str, Any]) -> Beat:
    return Beat(
        name=row["name"],
        hour=row["hour"],
        place=Place(row["place"]),
        strand=Strand(row["strand"]),
        sentiment=Sentiment(row["sentiment"]),
        author=row["author"],
        title=row.get("title", ""),
        text=row["text"],
        outlet=row.get("outlet", ""),
        pull=float(row.get("pull", 1)),
        charset=row.get("charset", "utf-8"),
        deleted_hour=row.get("deleted_hour"),
        edit_hour=row.get("edit_hour"),
        edit=row.get("edit", ""),
    )


@cache
def _script() -> dict[str, Any]:
    return tomllib.loads(resources.files("yuqing_world.story").joinpath("script.toml").read_text("utf-8"))


@cache
def beats() -> tuple[Beat, ...]:
    """All beats, in order of their hours."""
    return tuple(sorted((_beat(row) for row in _script()["beat"]), key=lambda beat: beat.hour))


@cache
def people() -> dict[str, ScriptedPerson]:
    """The scripted persons by name."""
    return {name: ScriptedPerson(**row) for name, row in _script()["people"].items()}
