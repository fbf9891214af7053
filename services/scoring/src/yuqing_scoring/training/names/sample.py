"""Reads the two samples: texts with regions and entities marked (`named.tsv`), texts with a sentiment towards each subject (`towards.tsv`).

Of each sample the odd lines are for development and the even ones are kept for the figures.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from yuqing_scoring.domain.judgement import Medium, Passage, Sentiment
from yuqing_scoring.domain.labels.text_labels import Entity, EntityKind

_MARK: Final = re.compile(r"\{([odp]):([^}#=]*)(?:#(\d+))?(?:=([^}]*))?\}")
_KINDS: Final = {"o": EntityKind.ORGANISATION, "d": EntityKind.PRODUCT, "p": EntityKind.PERSON}


class SampleProblem(ValueError):
    """A sample that cannot be read; the message says which line."""


class Half(StrEnum):
    """Which lines of a sample."""

    DEVELOPMENT = "development"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class NamedText:
    """A text, the regions that it speaks of by name, and its entities."""

    text: str
    regions: frozenset[str]
    entities: Sequence[Entity]


@dataclass(frozen=True, slots=True)
class SubjectText:
    """A text whose first `heading` code points are its heading, and what it says of each subject."""

    passage: Passage
    heading: int
    subjects: dict[str, Sentiment] = field(default_factory=dict[str, Sentiment])


def named_texts(file: Path, half: Half) -> list[NamedText]:
    """The lines of one half: regions with `;` between them, tab, text with `{o:name}`, `{d:name}`, `{p:name=role}`; `#1` after names of one entity.

    Errors: SampleProblem.
    """
    return [_named(*fields) for fields in _rows(file, half, columns=2)]


def subject_texts(file: Path, half: Half) -> list[SubjectText]:
    """The lines of one half: medium, `subject=sentiment` with `;` between them, title, text. Errors: SampleProblem."""
    return [_of_subjects(*fields) for fields in _rows(file, half, columns=4)]


def _rows(file: Path, half: Half, *, columns: int) -> Iterator[list[str]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) != columns:
            raise SampleProblem(f"line {number}: {len(fields)} columns instead of {columns}")
        if (number % 2 == 1) == (half is Half.DEVELOPMENT):
            yield fields


def _named(regions: str, marked: str) -> NamedText:
    found: dict[tuple[str, str], Entity] = {}
    for kind, name, number, role in _MARK.findall(marked):
        known = found.get((kind, number or name))
        found[kind, number or name] = (
            Entity(known.kind, known.name, known.role or role, known.size + 1) if known else Entity(_KINDS[kind], name, role, 1)
        )
    return NamedText(_MARK.sub(lambda mark: mark[2], marked), frozenset(filter(None, regions.split(";"))), list(found.values()))


def _of_subjects(medium: str, subjects: str, title: str, text: str) -> SubjectText:
    pairs = (subject.split("=") for subject in subjects.split(";"))
    whole = f"{title} {text}" if title else text
    return SubjectText(Passage(whole, Medium(medium)), len(title), {term: Sentiment(wanted) for term, wanted in pairs})
