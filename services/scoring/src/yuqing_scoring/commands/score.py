"""`yuqing score`: judges JSON lines without any server."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import click

from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem, load
from yuqing_scoring.domain.judgement import Judge, Judgement, Medium, Passage

_BATCH_LINES = 1000
_MEDIA = ", ".join(Medium)


class _BadLine(ValueError):
    """A line that cannot be judged; the message says why."""


@click.command()
@click.argument("source", type=click.File("rb"), default="-")
@click.option(
    "--model",
    type=click.Path(file_okay=False, path_type=Path),
    default=SHIPPED,
    help="模型目录 (folder of a model; default: the shipped one)",
)
def score(source: BinaryIO, model: Path) -> None:
    """研判 JSON 行 (judge JSON lines): {"id","text","medium"} → {"id","sentiment","probabilities"}.

    Reads SOURCE or standard input. A line that cannot be judged is named on standard error; all others are answered, and the exit code is 1.
    """
    try:
        judge = load(model).model
    except ModelProblem as problem:
        raise click.ClickException(f"无法加载模型 (cannot load the model): {problem}") from problem
    lines = enumerate(source, start=1)
    bad = 0
    while batch := list(islice(lines, _BATCH_LINES)):
        bad += _answer(judge, batch)
    sys.exit(bool(bad))


def _answer(judge: Judge, lines: Iterable[tuple[int, bytes]]) -> int:
    """Judges and writes a batch of numbered lines; gives how many were bad."""
    ids: list[object] = []
    passages: list[Passage] = []
    bad = 0
    for number, line in lines:
        try:
            for each in _read(line):
                ids.append(each[0])
                passages.append(each[1])
        except _BadLine as problem:
            bad += 1
            click.echo(f"第 {number} 行无法研判 (line {number} cannot be judged): {problem}", err=True)
    for line_id, judgement in zip(ids, judge.judge(passages), strict=True):
        sys.stdout.write(json.dumps(_record(line_id, judgement), ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return bad


def _read(line: bytes) -> Iterator[tuple[object, Passage]]:
    """The id and passage of a line; nothing of an empty one."""
    if not line.strip():
        return
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _BadLine(f"no JSON in UTF-8: {error}") from None
    if not isinstance(row, dict):
        raise _BadLine("no JSON object")
    fields = cast("dict[str, object]", row)
    if "id" not in fields:
        raise _BadLine("no id")
    text = fields.get("text")
    if not isinstance(text, str):
        raise _BadLine("text is missing or no string")
    yield fields["id"], Passage(text, _medium(fields.get("medium")))


def _medium(word: object) -> Medium:
    if word is None:
        return Medium.OTHER
    if not isinstance(word, str) or word not in Medium.__members__.values():
        raise _BadLine(f"medium {word!r} is none of {_MEDIA}")
    return Medium(word)


def _record(line_id: object, judgement: Judgement) -> dict[str, object]:
    return {
        "id": line_id,
        "sentiment": judgement.sentiment.value,
        "probabilities": {
            "negative": round(judgement.negative, 6),
            "neutral": round(judgement.neutral, 6),
            "positive": round(judgement.positive, 6),
        },
    }
