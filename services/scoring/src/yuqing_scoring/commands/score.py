"""`yuqing score`: judges JSON lines without any server."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, cast

import click
from rich.console import Console

from yuqing_scoring.adapters.label_file import load_labeller
from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem, load
from yuqing_scoring.adapters.second_stage_file import has_second_stage
from yuqing_scoring.adapters.second_stage_file import load as load_second_stage
from yuqing_scoring.commands.explained import explanation_record, judgement_record, show, towards_record
from yuqing_scoring.commands.explained_labels import label_table, labels_record
from yuqing_scoring.domain.explanation import ExplainingJudge
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.labels.labeller import Labeller, LabelReason
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.domain.towards.judging import SubjectJudge

_BATCH_LINES, _PART_LINES = 1000, 250
"""Read at once, and judged at once by one thread."""
_MEDIA = ", ".join(Medium)
_Answer = Callable[[ExplainingJudge, Sequence[object], Sequence[Passage]], None]


class _BadLine(ValueError):
    """A line that cannot be judged; the message says why."""


@dataclass(frozen=True)
class _Reasons:
    """Says why a text is given its labels, which rest on the fast model's sentiment."""

    sentiment: FastModel
    labeller: Labeller

    def of(self, passage: Passage) -> Sequence[LabelReason]:
        return self.labeller.explain(passage, self.sentiment.judge([passage])[0])


@click.command()
@click.argument("source", type=click.File("rb"), default="-")
@click.option(
    "--model",
    type=click.Path(file_okay=False, path_type=Path),
    default=SHIPPED,
    help="模型目录 (folder of a model; default: the shipped one)",
)
@click.option("--fast", is_flag=True, help="只用初判模型 (the fast stage alone)")
@click.option(
    "--explain",
    is_flag=True,
    help="标出影响判断的片段及其权重,并给出各标签及依据 (the spans that pushed each judgement, with their weights; the labels and what they rest on)",
)
@click.option(
    "--towards", "terms", multiple=True, metavar="词", help="只看对某对象的评价,可重复 (judge towards a subject, by its names; may be repeated)"
)
@click.option("--json", "as_json", is_flag=True, help="与 --explain 合用:输出 JSON 行 (explanations as JSON lines; scores always are)")
def score(source: BinaryIO, model: Path, *, fast: bool, explain: bool, terms: tuple[str, ...], as_json: bool) -> None:
    """研判 JSON 行 (judge JSON lines): {"id","text","medium"} → {"id","sentiment","probabilities"}.

    Both stages judge each text unless --fast is given or the model has one stage only. Reads SOURCE or standard input.
    With --towards the passages that speak of the subject are judged and told, too. 针对某对象时,同时给出谈到它的片段。
    A line that cannot be judged is named on standard error; all others are answered, and the exit code is 1.
    """
    if terms and explain:
        raise click.UsageError("--towards 与 --explain 不能合用 (either --towards or --explain)")
    try:
        stored = load(model)
        judge = stored.model if fast or not has_second_stage(model) else load_second_stage(model, stored)
        reasons = _Reasons(stored.model, load_labeller(model)) if explain else None
    except ModelProblem as problem:
        raise click.ClickException(f"无法加载模型 (cannot load the model): {problem}") from problem
    answer = _explained(reasons, as_json=as_json) if reasons else _towards(terms) if terms else _judged
    lines = enumerate(source, start=1)
    bad = 0
    while batch := list(islice(lines, _BATCH_LINES)):
        bad += _answer(judge, batch, answer)
    sys.exit(bool(bad))


def _answer(judge: ExplainingJudge, lines: Iterable[tuple[int, bytes]], answer: _Answer) -> int:
    """Answers a batch of numbered lines; gives how many were bad."""
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
    answer(judge, ids, passages)
    sys.stdout.flush()
    return bad


def _judged(judge: ExplainingJudge, ids: Sequence[object], passages: Sequence[Passage]) -> None:
    parts = [passages[start : start + _PART_LINES] for start in range(0, len(passages), _PART_LINES)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        judgements = chain.from_iterable(pool.map(judge.judge, parts))
    for line_id, judgement in zip(ids, judgements, strict=True):
        _write({"id": line_id, **judgement_record(judgement)})


def _explained(reasons: _Reasons, *, as_json: bool) -> _Answer:
    console = Console(soft_wrap=True)

    def answer(judge: ExplainingJudge, ids: Sequence[object], passages: Sequence[Passage]) -> None:
        for line_id, passage in zip(ids, passages, strict=True):
            explanation, of_labels = judge.explain(passage), reasons.of(passage)
            if as_json:
                _write({"id": line_id, **explanation_record(passage, explanation), "labels": labels_record(passage, of_labels)})
            else:
                show(console, str(line_id), passage, explanation)
                console.print(label_table(passage, of_labels))

    return answer


def _towards(terms: Sequence[str]) -> _Answer:
    names = NameFinder.shipped()

    def answer(judge: ExplainingJudge, ids: Sequence[object], passages: Sequence[Passage]) -> None:
        subject = SubjectJudge(judge, names)
        for line_id, passage in zip(ids, passages, strict=True):
            _write({"id": line_id, **towards_record(passage, subject.towards(passage, terms))})

    return answer


def _write(record: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


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
