"""Sentences that merely name a group, so that the name alone does not decide (L. Dixon et al., Measuring and Mitigating Unintended Bias in Text
Classification, AIES 2018), and the buckets of the names themselves, which get no weight at all."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yuqing_scoring.domain.grams import grams_in_place
from yuqing_scoring.domain.reading import END, read

_FILE: Final = Path(__file__).parent / "groups.toml"


@dataclass(frozen=True)
class Groups:
    """Names of groups, sentences with each of them to fit on, and others to measure on."""

    names: Sequence[str]
    train: Sequence[str]
    report: Sequence[str]

    @property
    def buckets(self) -> list[int]:
        """Of all n-grams of two or more signs that lie within a name. Single characters are left: they stand in too many other words."""
        found: set[int] = set()
        for name in self.names:
            signs = read([name])
            for size, buckets in grams_in_place(signs):
                found.update(int(bucket) for start, bucket in enumerate(buckets) if size > 1 and END not in signs[start : start + size])
        return sorted(found)

    def named_in(self, text: str) -> bool:
        """Whether the text names one of them."""
        return any(name in text for name in self.names)


def groups() -> Groups:
    """Those that come with the package."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    names: list[str] = table["names"]
    return Groups(names, _filled(table["train"], names), _filled(table["report"], names))


def _filled(sentences: Sequence[str], names: Sequence[str]) -> list[str]:
    return [sentence.format(g=name) for sentence in sentences for name in names]
