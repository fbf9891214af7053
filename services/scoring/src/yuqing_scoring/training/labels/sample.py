"""Reads the sample: texts of our own, what two passes labelled them, what was agreed; and texts of the labelled sets, of which only ids are kept.

Own texts are halved by their ids: one half is fitted, the other only measured. So are the texts that were found in the sets.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.labels.label_keys import KEYS, KINDS, PLACES
from yuqing_scoring.training.corpus import Corpus

SAMPLE: Final = Path(__file__).parent.parent.parent / "sample"
_COLUMNS: Final = {"intent": "intents", "aspect": "aspects", "focus_area": "focus_areas", "sensitivity": "sensitivities"}

Wanted = NDArray[np.bool_]
"""Texts × labels."""


@dataclass(frozen=True)
class Sample:
    """Passages and their labels."""

    ids: Sequence[str]
    passages: Sequence[Passage]
    wanted: Wanted

    def only(self, chosen: NDArray[np.bool_]) -> "Sample":
        """Those that are chosen."""
        return Sample(list(compress(self.ids, chosen)), list(compress(self.passages, chosen)), self.wanted[chosen])

    @property
    def fitted(self) -> NDArray[np.bool_]:
        """Which are fitted: half, by their ids alone."""
        return np.array([hashlib.sha256(f"half {each}".encode()).digest()[0] % 2 == 0 for each in self.ids], np.bool_)

    def and_(self, other: "Sample") -> "Sample":
        """Both."""
        return Sample([*self.ids, *other.ids], [*self.passages, *other.passages], np.concatenate([self.wanted, other.wanted]))


def own_sample() -> Sample:
    """The texts of our own, with the labels that were agreed."""
    rows = _rows("texts.tsv")
    labels = labelled("agreed.tsv")
    passages = [Passage(row["text"], Medium(row["medium"])) for row in rows]
    return Sample([row["id"] for row in rows], passages, np.stack([labels[row["id"]] for row in rows]))


def labelled(file: str) -> dict[str, NDArray[np.bool_]]:
    """The labels of a pass over the texts of our own, by id."""
    return {row["id"]: _wanted(row) for row in _rows(file)}


def found_sample(corpus: Corpus, file: str) -> Sample:
    """The texts that were labelled out of the sets, as far as the corpus holds them."""
    labels = {(row["set"], row["id"]): _wanted(row) for row in _rows(file)}
    rows = [row for row in corpus.rows if (row.source, row.id) in labels]
    wanted = [labels[row.source, row.id] for row in rows]
    return Sample([row.id for row in rows], [Passage(row.text, row.medium) for row in rows], np.array(wanted, np.bool_).reshape(-1, len(KEYS)))


def _wanted(row: Mapping[str, str]) -> NDArray[np.bool_]:
    wanted = np.zeros(len(KEYS), np.bool_)
    for kind in KINDS:
        for label in row[_COLUMNS[kind]].split():
            wanted[PLACES[f"{kind}.{label}"]] = True
    return wanted


def _rows(file: str) -> list[dict[str, str]]:
    with (SAMPLE / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
