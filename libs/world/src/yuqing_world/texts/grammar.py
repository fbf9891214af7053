"""A small grammar that writes varied text: rules of alternatives with references, choices and numbers, read from text files.

`== rule` begins a rule; each further line is an alternative. Within a line `{rule}` is another rule or a known word, `{a|b}` a choice,
`{2-9}` a number, `¶` a new paragraph; a line `∅` is the empty alternative and `%` begins a comment.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from random import Random
from types import MappingProxyType

_NUMBERS = re.compile(r"(\d+)-(\d+)")
_SUPERFLUOUS_MARKS = re.compile(r"[，。；、]+(?=[。！？])|(?<=[。！？])[，；、]")
"""Marks that meet another one where an alternative was empty."""
_TRIES_FOR_A_FRESH_ALTERNATIVE = 6


@dataclass(frozen=True, slots=True)
class _Reference:
    name: str


@dataclass(frozen=True, slots=True)
class _Numbers:
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class _Choice:
    alternatives: tuple["_Line", ...]


_Part = str | _Reference | _Numbers | _Choice
_Line = tuple[_Part, ...]


@dataclass(slots=True)
class _Writing:
    """One text in the making: what is known beforehand, and which alternatives were already taken (a text does not repeat itself)."""

    random: Random
    known: Mapping[str, str]
    stand_ins: Mapping[str, str]
    taken: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    pieces: list[str] = field(default_factory=list[str])


class GrammarError(ValueError):
    """A rule that is written wrongly or not there."""


class Grammar:
    """Rules by name. Writing is a pure function of the rule, the random numbers and the known words."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Reads rules as the module says. Raises GrammarError for a line before any rule, an open brace or an empty rule."""
        self._rules: dict[str, tuple[_Line, ...]] = _read(lines)

    def __contains__(self, rule: str) -> bool:
        return rule in self._rules

    def unknown_references(self, known: frozenset[str]) -> frozenset[str]:
        """Names that some line refers to and that are neither a rule nor among the known words."""
        named = {name for lines in self._rules.values() for line in lines for name in _names(line)}
        return frozenset(named - self._rules.keys() - known)

    def write(
        self, rule: str, random: Random, *, known: Mapping[str, str] = MappingProxyType({}), stand_ins: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """One text of a rule. `known` words go before rules of the same name; `stand_ins` name the rule that a reference means this time.

        Raises GrammarError for an unknown name.
        """
        writing = _Writing(random, known, stand_ins)
        self._expand(rule, writing)
        return _SUPERFLUOUS_MARKS.sub("", "".join(writing.pieces)).strip()

    def _expand(self, rule: str, writing: _Writing) -> None:
        word = writing.known.get(rule)
        if word is not None:
            writing.pieces.append(word)
            return
        rule = writing.stand_ins.get(rule, rule)
        lines = self._rules.get(rule)
        if lines is None:
            raise GrammarError(f"no rule and no known word is called {rule!r}")
        self._say(lines[_fresh(rule, len(lines), writing)], writing)

    def _say(self, line: _Line, writing: _Writing) -> None:
        for part in line:
            match part:
                case str():
                    writing.pieces.append(part)
                case _Reference(name):
                    self._expand(name, writing)
                case _Numbers(low, high):
                    writing.pieces.append(str(writing.random.randint(low, high)))
                case _Choice(alternatives):
                    self._say(alternatives[int(writing.random.random() * len(alternatives))], writing)


def _fresh(rule: str, count: int, writing: _Writing) -> int:
    taken = 0
    for _ in range(_TRIES_FOR_A_FRESH_ALTERNATIVE):
        taken = int(writing.random.random() * count)
        if (rule, taken) not in writing.taken:
            break
    writing.taken.add((rule, taken))
    return taken


def _names(line: _Line) -> Iterable[str]:
    for part in line:
        if isinstance(part, _Reference):
            yield part.name
        elif isinstance(part, _Choice):
            for alternative in part.alternatives:
                yield from _names(alternative)


def _read(lines: Iterable[str]) -> dict[str, tuple[_Line, ...]]:
    rules: dict[str, list[_Line]] = {}
    current: list[_Line] | None = None
    for line in (each.strip() for each in lines):
        if line.startswith("== "):
            current = rules.setdefault(line[3:], [])
        elif line and not line.startswith("%"):
            if current is None:
                raise GrammarError(f"an alternative before any rule: {line!r}")
            current.append(_compile("" if line == "∅" else line.replace("¶", "\n")))
    empty = [name for name, alternatives in rules.items() if not alternatives]
    if empty:
        raise GrammarError(f"rules without alternatives: {empty}")
    return {name: tuple(alternatives) for name, alternatives in rules.items()}


def _compile(text: str) -> _Line:
    parts: list[_Part] = []
    plain = 0
    while (start := text.find("{", plain)) >= 0:
        end = _closing(text, start)
        if start > plain:
            parts.append(text[plain:start])
        parts.append(_inside(text[start + 1 : end]))
        plain = end + 1
    if plain < len(text):
        parts.append(text[plain:])
    return tuple(parts)


def _closing(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise GrammarError(f"a brace that is never closed: {text!r}")


def _inside(text: str) -> _Part:
    alternatives = _split(text)
    if len(alternatives) > 1:
        return _Choice(tuple(_compile(alternative) for alternative in alternatives))
    numbers = _NUMBERS.fullmatch(text)
    if numbers:
        return _Numbers(int(numbers[1]), int(numbers[2]))
    return _Reference(text)


def _split(text: str) -> list[str]:
    """The alternatives of a choice; a bar within inner braces belongs to those."""
    depth, pieces = 0, [""]
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "|" and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


@cache
def town_grammar() -> Grammar:
    """The town's own rules, read once."""
    folder = resources.files("yuqing_world.texts").joinpath("rules")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda file: file.name)
    return Grammar(line for file in files for line in file.read_text("utf-8").splitlines())
