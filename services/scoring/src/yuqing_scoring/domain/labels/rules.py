"""What an analyst writes: rules of words, what each speaks for, and what medium and tone add. Here they are read out of plain tables.

A rule says: where one of its words stands, add so much to the log odds of these labels. `甲…乙` means 甲 and then 乙 in one clause with at most
GAP signs between; `^` stands for the beginning of a text and `$` for its end. A word inside a longer word of the rules does not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.judgement import SENTIMENTS, Medium
from yuqing_scoring.domain.labels.label_keys import KEYS, PLACES
from yuqing_scoring.domain.reading import END, LINK, NAME, QUOTED, read

GAP: Final = 8
GAP_MARK: Final = "…"
MEDIA: Final[Sequence[Medium]] = tuple(Medium)
_TOO_COMMON: Final = frozenset({"0", LINK, NAME, QUOTED, ""})
"""What a word may become that stands for a number, a link or a name in general: it would match wherever one stands."""

Table = NDArray[np.float64]


class RuleProblem(ValueError):
    """A rule that cannot be; the message says which, and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Words in the form in which texts are read, and what they add, by place of the label."""

    name: str
    words: Sequence[str]
    negatable: bool
    weights: Mapping[int, float]


@dataclass(frozen=True)
class Context:
    """What is added whatever the words are: `bias` (labels), `media` (MEDIA × labels), `tone` (SENTIMENTS × labels, times the probability),
    `beside` (labels, times the largest probability of another intent)."""

    bias: Table
    media: Table
    tone: Table
    beside: Table


@dataclass(frozen=True)
class RuleBook:
    """All rules and the context."""

    rules: Sequence[Rule]
    context: Context

    @property
    def weights(self) -> Table:
        """Rules × labels."""
        table = np.zeros((len(self.rules), len(KEYS)))
        for row, rule in enumerate(self.rules):
            for place, weight in rule.weights.items():
                table[row, place] = weight
        return table


def rule_book(tables: Sequence[Mapping[str, Any]], context: Mapping[str, Any]) -> RuleBook:
    """From tables as TOML gives them: `rule` = list of {name, words, negatable, weights}. Raises RuleProblem."""
    rules = [_rule(entry) for table in tables for entry in table["rule"]]
    names = [rule.name for rule in rules]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise RuleProblem(f"two rules are called {sorted(twice)}")
    return RuleBook(rules, _context(context))


def _rule(entry: Mapping[str, Any]) -> Rule:
    unknown = set(entry) - {"name", "words", "negatable", "weights"}
    if unknown:
        raise RuleProblem(f"rule {entry.get('name')!r} has {sorted(unknown)}")
    words = [_word(entry["name"], word) for word in entry["words"]]
    return Rule(entry["name"], list(dict.fromkeys(words)), entry.get("negatable", False), dict(_weights(entry.get("weights", {}))))


def _word(rule: str, word: str) -> str:
    """The word as it stands in a text that was read."""
    begins, ends = word.startswith("^"), word.endswith("$")
    parts = [read([part])[1:-1] for part in word[begins : len(word) - ends].split(GAP_MARK)]
    if len(parts) > 2 or any(part in _TOO_COMMON for part in parts):
        raise RuleProblem(f"rule {rule!r}: {word!r} cannot be looked for")
    return f"{END if begins else ''}{GAP_MARK.join(parts)}{END if ends else ''}"


def _weights(table: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[int, float]]:
    for kind, of_labels in table.items():
        for label, weight in of_labels.items():
            if f"{kind}.{label}" not in PLACES:
                raise RuleProblem(f"there is no label {kind}.{label}")
            yield PLACES[f"{kind}.{label}"], float(weight)


def _context(table: Mapping[str, Any]) -> Context:
    media = cast("Mapping[str, Any]", table["medium"])
    tone = cast("Mapping[str, Any]", table["tone"])
    return Context(
        bias=_row(table["bias"]),
        media=np.stack([_row(media.get(medium.value, {})) for medium in MEDIA]),
        tone=np.stack([_row(tone.get(sentiment.value, {})) for sentiment in SENTIMENTS]),
        beside=_row(table["other_intents"]),
    )


def _row(table: Mapping[str, Any]) -> Table:
    row = np.zeros(len(KEYS))
    for place, weight in _weights(table):
        row[place] = weight
    return row
