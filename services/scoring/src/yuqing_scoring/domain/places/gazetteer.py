"""All names that stand for a place, with how surely each does: from the table of divisions, the countries, and what `places.tsv` says of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import NamedTuple

from yuqing_scoring.domain.places.divisions import Division, Level, countries, divisions
from yuqing_scoring.tables.reading import rows_of_table
from yuqing_text.normal import normalize


class Standing(IntEnum):
    """How surely a name stands for a division; the surest first."""

    FULL = auto()
    """Its full name (青岛市)."""
    SHORT = auto()
    """A short name that is nothing else (青岛)."""
    WEAK = auto()
    """A short name that is a word too (大理)."""
    WORD = auto()
    """A word that is seldom a place (来宾)."""
    BESIDE = auto()
    """What may be a place beside the name of what it belongs to (胶州 beside 青岛)."""


class Meaning(NamedTuple):
    """What a name may stand for."""

    division: Division
    standing: Standing


@dataclass
class Gazetteer:
    """Names in normal form with all they may mean, the likeliest first; of a name with none, that no place is meant (北京时间)."""

    names: Mapping[str, Sequence[Meaning]]
    by_name: Mapping[str, Division]
    preferred: Mapping[str, Division] = field(default_factory=dict[str, Division])

    @classmethod
    def shipped(cls) -> "Gazetteer":
        """From the tables of this package."""
        by_name = divisions()
        remarks: dict[str, dict[str, str]] = defaultdict(dict)
        for kind, name, *division in rows_of_table("places.tsv"):
            remarks[kind][name] = division[0] if division else ""
        names: dict[str, list[Meaning]] = defaultdict(list)
        for name, meaning in _meanings(by_name, remarks):
            names[normalize(name)].append(meaning)
        kept: dict[str, Sequence[Meaning]] = {name: _kept(meanings) for name, meanings in names.items()}
        kept |= dict.fromkeys(map(normalize, remarks["never"]), ())
        return cls(kept, by_name, {name: by_name[division] for name, division in remarks["first"].items()})


def _meanings(by_name: Mapping[str, Division], remarks: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Meaning]]:
    for division in sorted(by_name.values(), key=lambda division: division.level):
        full = Standing.BESIDE if division.own in remarks["beside"] else Standing.FULL
        yield division.own, Meaning(division, full)
        if division.short != division.own:
            yield division.short, Meaning(division, _standing_of_short(division, remarks))
    for country, names in countries():
        for name in names:
            yield name, Meaning(country, Standing.WEAK if name in remarks["weak"] else Standing.SHORT)
    for name, division_name in remarks["also"].items():
        yield name, Meaning(by_name[division_name], Standing.SHORT)


def _standing_of_short(division: Division, remarks: Mapping[str, Mapping[str, str]]) -> Standing:
    if division.short in remarks["word"]:
        return Standing.WORD
    if division.short in remarks["weak"]:
        return Standing.WEAK
    if division.level < Level.COUNTY or division.short in remarks["known"]:
        return Standing.SHORT
    return Standing.BESIDE


def _kept(meanings: Sequence[Meaning]) -> Sequence[Meaning]:
    """Without those that lie within another of the same name (长沙县 in 长沙市); where a province has the name, the others count beside only."""
    surest = {meaning.division: meaning for meaning in sorted(meanings, key=lambda meaning: -meaning.standing)}.values()
    kept = [each for each in surest if not any(each.division.lies_in(other.division) for other in meanings)]
    kept.sort(key=lambda meaning: (meaning.division.level, meaning.standing))
    if kept[0].division.level > Level.PROVINCE:
        return kept
    return [kept[0], *(Meaning(division, Standing.BESIDE) for division, _ in kept[1:])]
