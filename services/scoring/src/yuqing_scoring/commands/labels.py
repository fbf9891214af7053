"""`yuqing model labels` and `train-labels`: measures what is judged beside the sentiment, and fits it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from yuqing_scoring.adapters.label_file import load_labeller, load_offence, save_labels, save_offence
from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem, load
from yuqing_scoring.adapters.rule_file import load_rules
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.labels.labeller import Labeller
from yuqing_scoring.domain.labels.rules import RuleProblem
from yuqing_scoring.training.corpus import Corpus, CorpusProblem, read_corpus
from yuqing_scoring.training.labels.figures import LabelFigures, agreement, agreement_line, label_lines, measure_labels
from yuqing_scoring.training.labels.train import probabilities, reported, train_labels
from yuqing_scoring.training.offence.figures import OffenceFigures, measure_offence, offence_lines
from yuqing_scoring.training.offence.train import read_offence, train_offence

_Folder = click.Path(exists=True, file_okay=False, path_type=Path)
_data = click.option("--data", type=_Folder, required=True, help="情感标注集目录 (folder of labelled sets: *.jsonl.gz and media.json)")
_model = click.option("--model", "folder", type=_Folder, default=SHIPPED, help="模型目录 (folder of a model; default: the shipped one)")
data_offensive = click.option("--data-offensive", "offensive", type=_Folder, help="冒犯性语言标注集目录 (folder with cold.jsonl.gz)")


@click.command("labels")
@_data
@data_offensive
@_model
@click.option("--json", "as_json", is_flag=True, help="输出 JSON (the figures as JSON)")
def labels_command(data: Path, offensive: Path | None, folder: Path, *, as_json: bool) -> None:
    """评测意图、方面、重点领域、敏感主题和冒犯性语言 (measure all that is judged beside the sentiment)."""
    try:
        sentiment, labeller, corpus = load(folder).model, load_labeller(folder), read_corpus(data, "dev")
        if not as_json:
            click.echo("\n".join(label_figure_lines(sentiment, labeller, corpus, offensive)))
            return
        by_name = {name: asdict(figures) for name, figures in _measured(sentiment, labeller, corpus).items()}
        told = asdict(_offence(labeller, corpus, offensive)) if offensive else None
        click.echo(json.dumps({"agreement": agreement(), "labels": by_name, "offensive": told}, ensure_ascii=False, indent=1))
    except (ModelProblem, CorpusProblem) as problem:
        raise click.ClickException(f"无法评测 (cannot measure): {problem}") from problem


@click.command("train-labels")
@_data
@data_offensive
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=SHIPPED, help="输出目录 (output; default: the shipped model)")
def train_labels_command(data: Path, offensive: Path | None, out: Path) -> None:
    """拟合规则权重;给出标注集时也训练冒犯性语言模型 (fit the weights of the rules, and the judge of offensive language where its set is given).

    Deterministic. Takes a minute of one core, two more for offensive language.
    """
    try:
        held, book = read_corpus(data, "dev"), load_rules()
        save_labels(out, book, train_labels(book, load(SHIPPED).model, held))
        if offensive:
            save_offence(out, train_offence(read_offence(offensive, "train"), read_corpus(data, "train")), {})
            kept = load_offence(out)
            figures = measure_offence(kept, read_offence(offensive, "dev"), held)
            save_offence(out, kept, asdict(figures))
            click.echo("\n".join(offence_lines(figures)))
    except (ModelProblem, CorpusProblem, RuleProblem) as problem:
        raise click.ClickException(f"无法训练 (cannot train): {problem}") from problem


def label_figure_lines(sentiment: FastModel, labeller: Labeller, corpus: Corpus, offensive: Path | None) -> Iterator[str]:
    """All figures as they are printed; `corpus`: the dev rows, of which some are labelled. Raises CorpusProblem."""
    yield f"judge of labels {labeller.version}; {agreement_line(agreement())}"
    for name, figures in _measured(sentiment, labeller, corpus).items():
        yield from label_lines(name, figures)
    if offensive:
        yield from offence_lines(_offence(labeller, corpus, offensive))


def _measured(sentiment: FastModel, labeller: Labeller, corpus: Corpus) -> dict[str, LabelFigures]:
    return {
        name: measure_labels(probabilities(labeller.model, labeller.finder, sentiment, of=sample.passages), sample.wanted, labeller.model.shown_from)
        for name, sample in reported(corpus).items()
        if sample.passages
    }


def _offence(labeller: Labeller, corpus: Corpus, folder: Path) -> OffenceFigures:
    return measure_offence(labeller.offence, read_offence(folder, "dev"), corpus)
