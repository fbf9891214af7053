"""Reads labelled sets: `<set>.jsonl.gz` files with text, label (neg, neu, pos), split and id, and `media.json`, which names each set's medium."""

import gzip
import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.judgement import Medium, Sentiment

SENTIMENT_OF_LABEL: Final = {"neg": Sentiment.NEGATIVE, "neu": Sentiment.NEUTRAL, "pos": Sentiment.POSITIVE}
EMOTICON_SETS: Final = frozenset({"weibo_senti_100k_part"})
"""Sets whose label was derived from the emoticon in each text: they teach emoticons, and are left out of every figure and every calibration."""


class CorpusProblem(Exception):
    """The folder does not hold labelled sets as expected; the message says what is wrong where."""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled text of a set."""

    source: str
    id: str
    text: str
    medium: Medium
    sentiment: Sentiment


@dataclass(frozen=True)
class Corpus:
    """Rows of one split, with the columns that training looks at."""

    rows: Sequence[Row]

    @cached_property
    def sources(self) -> NDArray[np.str_]:
        return np.array([row.source for row in self.rows])

    @cached_property
    def sentiments(self) -> NDArray[np.str_]:
        return np.array([row.sentiment.value for row in self.rows])

    @cached_property
    def texts(self) -> Sequence[str]:
        return [row.text for row in self.rows]

    @cached_property
    def media(self) -> Sequence[Medium]:
        return [row.medium for row in self.rows]

    @cached_property
    def medium_of(self) -> dict[str, Medium]:
        return {row.source: row.medium for row in self.rows}

    @cached_property
    def three_class(self) -> Sequence[str]:
        """The sets that hold neutral texts, by name."""
        return sorted({row.source for row in self.rows if row.sentiment is Sentiment.NEUTRAL})

    @cached_property
    def two_class(self) -> Sequence[str]:
        """The sets that hold none, without those labelled by emoticon."""
        return sorted({row.source for row in self.rows} - set(self.three_class) - EMOTICON_SETS)

    def only(self, source: str) -> "Corpus":
        """The rows of one set."""
        return Corpus([row for row in self.rows if row.source == source])

    def without(self, sources: Collection[str]) -> "Corpus":
        """The rows of all other sets."""
        return Corpus([row for row in self.rows if row.source not in sources])


def read_corpus(folder: Path, split: str) -> Corpus:
    """The rows of a split of all sets, in the order of their names; raises CorpusProblem."""
    try:
        media = json.loads((folder / "media.json").read_text(encoding="utf-8"))
        rows = [row for path in sorted(folder.glob("*.jsonl.gz")) for row in _rows(path, split, media)]
    except (OSError, ValueError) as error:
        raise CorpusProblem(f"{folder}: {error}") from error
    except KeyError as error:
        raise CorpusProblem(f"{folder}: a row or media.json lacks {error}, or has a value that is not known") from error
    if not rows:
        raise CorpusProblem(f"{folder}: no rows of the split {split!r} in *.jsonl.gz")
    return Corpus(rows)


def _rows(path: Path, split: str, media: dict[str, str]) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["split"] == split:
                yield Row(row["source"], row["id"], row["text"], Medium(media[row["source"]]), SENTIMENT_OF_LABEL[row["label"]])


def folds(corpus: Corpus, count: int) -> NDArray[np.int64]:
    """The fold of each row, from its id alone: equal texts of several sets have equal ids, so they are never on both sides."""
    return np.array([int(hashlib.sha256(row.id.encode()).hexdigest()[:8], 16) % count for row in corpus.rows])
