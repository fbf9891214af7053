"""Cuts a text into its heading, its sentences and their clauses, each with its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_SENTENCE: Final = re.compile(r"(?://@)?(?:(?!//@)[^。!?;\n…])+[。!?;\n…]*[\"”』」]*")
_CLAUSE: Final = re.compile(r"[^,、:]+[,、:]*")


@dataclass(frozen=True, slots=True)
class Clause:
    """[start, end) of a clause, and of which sentence it is a part; sentence 0 is the heading where there is one."""

    start: int
    end: int
    sentence: int


def clauses(normal: str, *, heading: int) -> Sequence[Clause]:
    """The clauses of a text in normal form, in order; its first `heading` code points are a heading. Parts of white space alone are none."""
    sentences = [(0, heading)] if heading else []
    sentences += [found.span() for found in _SENTENCE.finditer(normal, heading)]
    kept = [span for span in sentences if normal[span[0] : span[1]].strip()]
    return [clause for number, span in enumerate(kept) for clause in _clauses(normal, span, number)]


def _clauses(normal: str, span: tuple[int, int], number: int) -> Iterator[Clause]:
    for found in _CLAUSE.finditer(normal, *span):
        if found[0].strip():
            yield Clause(found.start(), found.end(), number)
