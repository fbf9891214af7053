"""Texts of our own with the sentiment that SENTIMENT.md gives them: what the labelled sets lack, above all bad news in sober words.

The one set of news with neutral texts teaches that sober is neutral. Beside it stand texts in which the same words tell of something bad, of
something good, and of neither.
"""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yuqing_scoring.domain.judgement import Medium, Sentiment
from yuqing_scoring.training.corpus import Corpus, CorpusProblem, Row

WRITTEN: Final = Path(__file__).parent.parent / "sample" / "sentiment.tsv"
TIMES: Final = 3
"""Each stands so many times among the training rows: they are few beside the sets, and say more of what is not in those."""


def with_written(corpus: Corpus) -> Corpus:
    """The rows of the corpus and, as sets of their own, the written texts of each medium, TIMES over."""
    return Corpus([*corpus.rows, *(row for row in read_written(WRITTEN).rows for _ in range(TIMES))])


def read_written(file: Path) -> Corpus:
    """Texts in a table: medium, tab, sentiment, tab, text. Those of news are the set `written_news`, and so on. Errors: CorpusProblem."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return Corpus(list(_rows(lines)))
    except (OSError, ValueError) as error:
        raise CorpusProblem(f"{file}: {error}") from error


def _rows(lines: Iterator[str]) -> Iterator[Row]:
    for medium, sentiment, text in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        yield Row(f"written_{medium}", hashlib.sha256(text.encode()).hexdigest()[:16], text, Medium(medium), Sentiment(sentiment))
