"""What a text says beside its sentiment, as the rules see it; and by which words a place is found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from yuqing_text.normal import normalize

_CODE_DIGITS = 6
_LEVEL_DIGITS = (2, 4, 6)
"""How many digits of a code (GB/T 2260) name the province, the prefecture and the county; the others are 0 there."""
_KINDS_OF_PLACE = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|地区|省|市|区|县)$")
_LEAST_SHORT = 2
"""A name that is shorter without its kind (`赵` of 赵县) is not said so."""


class Label(NamedTuple):
    """The lower-case name of an intent, aspect, focus area or sensitivity, and how probable it is, from 0 to 1."""

    name: str
    probability: float


class Entity(NamedTuple):
    """Who or what a text names: `kind` is organisation, product or person; `role` is what a person is called; `size` how often it is named."""

    kind: str
    name: str
    role: str = ""
    size: int = 1


class Region(NamedTuple):
    """A place by its code (empty abroad) and its name from the province down; `basis` is address, outlet or text; probability from 0 to 1."""

    code: str
    name: str
    basis: str = ""
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Labels:
    """Of each kind those that are probable enough to be shown, the most probable first; `offensive` is a probability."""

    intents: tuple[Label, ...] = ()
    aspects: tuple[Label, ...] = ()
    focus_areas: tuple[Label, ...] = ()
    sensitivities: tuple[Label, ...] = ()
    offensive: float = 0.0
    entities: tuple[Entity, ...] = ()
    regions: tuple[Region, ...] = ()


NO_LABELS = Labels()


def province_of(name: str) -> str:
    """The first part of a place's name: `山东省` of `山东省 青岛市`, or the country abroad."""
    return name.split(" ", 1)[0]


@cache
def region_keys(code: str, name: str) -> tuple[str, ...]:
    """What a place is found by, in normal form: its codes from the province down, each part of its name with and without its kind, the whole.

    Kept, as there are few places and each is named by many texts.
    """
    normal = normalize(name)
    return tuple(dict.fromkeys(filter(None, (*_codes(code), *_names(normal), normal, normal.replace(" ", "")))))


def _codes(code: str) -> Iterator[str]:
    for digits in _LEVEL_DIGITS:
        if len(code) >= digits:
            yield code[:digits].ljust(_CODE_DIGITS, "0")


def _names(normal: str) -> Iterator[str]:
    for part in normal.split():
        yield part
        short = _KINDS_OF_PLACE.sub("", part)
        if len(short) >= _LEAST_SHORT:
            yield short
