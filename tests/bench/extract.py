"""Reading articles off saved pages: what is found of text, title, day and author, and pages a second beside trafilatura, by the processor's time.

`YUQING_BENCH_PAGES` names the folder: gzipped pages and `expected.json`, a list of objects with `file`, `title`, `date` (day), `body` and
`author_or_source_any` (any of these will do). Without it nothing is measured: saved pages belong to their publishers and are not kept here.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from tests.bench.figures import Row, alternating, say
from yuqing_crawler.commands import as_record
from yuqing_crawler.domain.charset import decode
from yuqing_crawler.domain.extraction.article import extract_article

PAGES = "YUQING_BENCH_PAGES"
REFERENCE = "trafilatura==2.1.0"
_GRAM = 4
_READ_BY_REFERENCE = """
import gzip, pathlib, sys, time
import trafilatura
pages = [gzip.decompress(pathlib.Path(name).read_bytes()) for name in sys.argv[1:]]
begun = time.process_time()
for page in pages:
    trafilatura.bare_extraction(page, with_metadata=True)
print(len(pages) / (time.process_time() - begun))
"""
_Expected = Mapping[str, Any]


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Four rows, three where the reference cannot be installed; none without pages."""
    if not (named := os.environ.get(PAGES)):
        say(f"  left out: {PAGES} names no folder of pages")
        return []
    folder = Path(named)
    expected: list[_Expected] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    files = [folder / str(each["file"]) for each in expected]
    pages = [gzip.decompress(file.read_bytes()) for file in files]
    rows = _quality(expected, [_read(page) for page in pages])
    if reference := _reference(var):
        mine, theirs = alternating(lambda _: _speed(pages), lambda _: reference(files), rounds=3 if quick else 5)
        rows.append(Row("pages read ÷ trafilatura", "pages/s of one core", mine, 2.0, theirs, at_least=True))
    return rows


def _read(page: bytes) -> Mapping[str, Any]:
    return as_record(extract_article(decode(page).text, "", datetime.now(UTC)))


def _quality(expected: Sequence[_Expected], found: Sequence[Mapping[str, Any]]) -> list[Row]:
    pairs = list(zip(expected, found, strict=True))
    shares = [_shares(want["body"], got["text"]) for want, got in pairs]
    precision, recall = (mean(side) for side in zip(*shares, strict=True))
    named = [(want["author_or_source_any"], _squeezed(got["author"])) for want, got in pairs if want["author_or_source_any"]]
    authors = mean(any(_squeezed(each) in author for each in any_of) for any_of, author in named)
    days = mean(_day(got["publish_time"]) == want["date"] for want, got in pairs)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    note = f"precision {precision:.3f}, recall {recall:.3f}, {len(pairs)} pages"
    return [
        Row("text of pages: F1 of 4-grams", "", f1, 0.95, at_least=True, note=note),
        Row("days of pages that are right", "%", 100 * days, 95, at_least=True),
        Row("authors or sources that are right", "%", 100 * authors, 68, at_least=True, note=f"{len(named)} pages name one"),
    ]


def _shares(wanted: str, found: str) -> tuple[float, float]:
    """Precision and recall of the character 4-grams, without punctuation and space."""
    want, got = _grams(wanted), _grams(found)
    common = (want & got).total()
    return (common / got.total() if got else 0.0), (common / want.total() if want else 1.0)


def _grams(text: str) -> Counter[str]:
    squeezed = _squeezed(text)
    return Counter(squeezed[at : at + _GRAM] for at in range(max(1, len(squeezed) - _GRAM + 1))) if squeezed else Counter()


def _squeezed(text: str | None) -> str:
    return re.sub(r"[\W_]+", "", text or "")


def _day(stated: str) -> str:
    return stated[: len("2024-05-01")]


def _speed(pages: Sequence[bytes]) -> float:
    begun = time.process_time()
    for page in pages:
        _read(page)
    return len(pages) / (time.process_time() - begun)


def _reference(var: Path) -> Callable[[Sequence[Path]], float] | None:
    """Reads the pages with the reference, in a process of its own and with packages of its own; None where these cannot be had."""
    installed = subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(var), REFERENCE], check=False)
    if installed.returncode:
        say(f"  {REFERENCE} cannot be installed here: speed is left out")
        return None

    def speed(files: Sequence[Path]) -> float:
        command = [sys.executable, "-c", _READ_BY_REFERENCE, *map(str, files)]
        read = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(var)}, capture_output=True, check=True)
        return float(read.stdout)

    return speed
