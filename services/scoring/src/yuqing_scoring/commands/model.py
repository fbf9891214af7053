"""`yuqing model`: trains the sentiment model, measures it, shows its card."""

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from yuqing_scoring.adapters.label_file import load_labeller
from yuqing_scoring.adapters.model_file import CARD, SHIPPED, WEIGHTS, ModelProblem, StoredModel, load
from yuqing_scoring.adapters.second_stage_file import ENCODER, has_second_stage
from yuqing_scoring.adapters.second_stage_file import load as load_second_stage
from yuqing_scoring.commands.labels import data_offensive, label_figure_lines, labels_command, train_labels_command
from yuqing_scoring.commands.samples import names_command, sentiment_command, towards_command
from yuqing_scoring.domain.judgement import Judge, Passage
from yuqing_scoring.training.card import Evidence, card, figure_lines, figures_json
from yuqing_scoring.training.corpus import Corpus, CorpusProblem, read_corpus
from yuqing_scoring.training.figures import measure
from yuqing_scoring.training.second_card import SECOND_CARD, SecondEvidence, second_card, unseen_lines
from yuqing_scoring.training.second_stage import assemble
from yuqing_scoring.training.speed import texts_a_second
from yuqing_scoring.training.train import calibrate, leave_one_out, train
from yuqing_scoring.training.unseen import measure_unseen
from yuqing_scoring.training.unseen import read as read_unseen
from yuqing_scoring.training.unseen import write as write_unseen
from yuqing_scoring.training.written import with_written

_Folder = click.Path(exists=True, file_okay=False, path_type=Path)
_File = click.Path(exists=True, dir_okay=False, path_type=Path)
_data = click.option("--data", type=_Folder, required=True, help="标注集目录 (folder of labelled sets: *.jsonl.gz and media.json)")
_model = click.option("--model", "folder", type=_Folder, default=SHIPPED, help="模型目录 (folder of a model; default: the shipped one)")
_pretrained = click.option("--pretrained", type=_File, required=True, help="预训练编码器 (pretrained encoder: bge-small-zh-v1.5.onnx)")
_written = click.option(
    "--written/--no-written", default=True, show_default=True, help="加入项目自写的标注文本 (with the labelled texts that come with the project)"
)
_tokenizer = click.option("--tokenizer", type=_File, required=True, help="其分词器 (its tokenizer.json)")


@click.group()
def model() -> None:
    """情感模型:训练、评测、说明 (the sentiment model: train, evaluate, card)."""


model.add_command(labels_command)
model.add_command(train_labels_command)

model.add_command(names_command)
model.add_command(towards_command)
model.add_command(sentiment_command)


@model.command("train")
@_data
@_written
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=SHIPPED, help="输出目录 (output; default: the shipped model)")
def train_command(data: Path, out: Path, *, written: bool) -> None:
    """用 train 行训练,用 dev 行评测,写出模型及其说明 (train on the train rows, measure on the dev rows, write model and card).

    Deterministic: the same rows give the same model. Takes about 10 minutes of one core for 140,000 rows, half of it for the sets left out in turn.
    """
    corpus = _training_rows(data, written=written)
    _write_card(train(corpus, out, _say), corpus, data, out)


@model.command("calibrate")
@_data
@_model
@_written
def calibrate_command(data: Path, folder: Path, *, written: bool) -> None:
    """重新校准初判模型,权重不变,写出说明 (calibrate the fast model anew, its weights stay; write its card). About as long as `train`."""
    corpus = _training_rows(data, written=written)
    with _problem_told():
        stored = calibrate(corpus, folder, _say)
    _write_card(stored, corpus, data, folder)


def _write_card(stored: StoredModel, corpus: Corpus, data: Path, folder: Path) -> None:
    held = _read(data, "dev")
    evidence = Evidence(
        stored,
        corpus,
        figures=measure(stored.model, held),
        unseen=dict(leave_one_out(corpus, held, stored.model.calibrations, _say)),
        texts_a_second=_speed(stored.model, held),
        weights_bytes=(folder / WEIGHTS).stat().st_size,
    )
    (folder / CARD).write_text(card(evidence), encoding="utf-8")
    click.echo("\n".join(figure_lines(evidence.figures)))


@model.command("train-second")
@_data
@_model
@_pretrained
@_tokenizer
@_written
def train_second_command(data: Path, folder: Path, pretrained: Path, tokenizer: Path, *, written: bool) -> None:
    """为已训练的初判模型微调复判编码器 (fine-tune the second stage of a model whose fast stage is trained).

    Needs the packages of training.lock. Takes an hour and a quarter of one core, or minutes of an accelerator.
    """
    training = _encoder_training()
    training.train_encoder(_training_rows(data, written=written), training.Pretrained(pretrained, tokenizer), folder, _say)
    _assemble(data, folder, written=written)


@model.command("tune-second")
@_data
@_model
@_written
def tune_second_command(data: Path, folder: Path, *, written: bool) -> None:
    """复判编码器在已学基础上再学一轮 (go on with the encoder of a model, in one short round, where there are new labelled texts).

    Needs the packages of training.lock. Takes a quarter of an hour of one core.
    """
    _encoder_training().tune_encoder(_training_rows(data, written=written), folder, _say)
    _assemble(data, folder, written=written)


@model.command("unseen-second")
@_data
@_model
@_pretrained
@_tokenizer
@click.option("--leave-out", "sources", multiple=True, required=True, help="不参与训练的标注集,可重复 (a set to leave out; may be repeated)")
@_written
def unseen_second_command(data: Path, folder: Path, pretrained: Path, tokenizer: Path, sources: tuple[str, ...], *, written: bool) -> None:
    """不用这些标注集重新训练两级模型,再在其上评测 (train both stages without these sets, and measure them on their dev rows).

    The figures are kept beside the model for its card, which `calibrate-second` writes; the model stays as it is. About half an hour of one core.
    """
    training = _encoder_training()

    def train_encoder(rest: Corpus, out: Path) -> None:
        training.train_encoder(rest, training.Pretrained(pretrained, tokenizer), out, _say, rounds=training.ONE_ROUND)

    corpus, held = _training_rows(data, written=written), _read(data, "dev")
    with TemporaryDirectory() as without:
        unseen = measure_unseen(corpus, held, sources, folder=Path(without), train_encoder=train_encoder, say=_say)
    write_unseen(folder, unseen)
    click.echo("\n".join(unseen_lines(unseen)))


@model.command("calibrate-second")
@_data
@_model
@_written
def calibrate_second_command(data: Path, folder: Path, *, written: bool) -> None:
    """初判模型更新后,重新校准复判 (calibrate the second stage anew, after its fast stage was trained anew)."""
    _assemble(data, folder, written=written)


@model.command()
@_data
@data_offensive
@_model
@click.option("--fast", is_flag=True, help="只评测初判 (the fast stage alone)")
@click.option("--split", default="dev", show_default=True, help="评测用的行 (rows of this split)")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON (the figures as JSON)")
def evaluate(data: Path, offensive: Path | None, folder: Path, split: str, *, fast: bool, as_json: bool) -> None:
    """在标注行上评测模型 (measure a model on labelled rows); the labels beside the sentiment on those that were labelled for it."""
    judge, corpus = _judge(folder, fast=fast), _read(data, split)
    figures = measure(judge, corpus)
    if as_json:
        click.echo(json.dumps(figures_json(figures), indent=1))
        return
    click.echo(f"{judge.name} {judge.version}\n")
    click.echo("\n".join(figure_lines(figures)))
    click.echo(f"{_speed(judge, corpus)} texts of 60 characters a second in one thread\n")
    click.echo("\n".join(label_figure_lines(load(folder).model, load_labeller(folder), _read(data, "dev"), offensive)))


@model.command("card")
@_model
def card_command(folder: Path) -> None:
    """输出模型说明 (print the model's card)."""
    try:
        click.echo((folder / CARD).read_text(encoding="utf-8"), nl=False)
        if has_second_stage(folder):
            click.echo("\n" + (folder / SECOND_CARD).read_text(encoding="utf-8"), nl=False)
    except OSError as error:
        raise click.ClickException(f"没有模型说明 (no card): {error}") from error


def _read(data: Path, split: str) -> Corpus:
    try:
        return read_corpus(data, split)
    except CorpusProblem as problem:
        raise click.ClickException(f"无法读取标注集 (cannot read the labelled sets): {problem}") from problem


def _training_rows(data: Path, *, written: bool) -> Corpus:
    corpus = _read(data, "train")
    return with_written(corpus) if written else corpus


def _judge(folder: Path, *, fast: bool) -> Judge:
    """The stage that judges best, or the fast one."""
    with _problem_told():
        stored = load(folder)
        return stored.model if fast or not has_second_stage(folder) else load_second_stage(folder, stored)


@contextmanager
def _problem_told() -> Generator[None]:
    try:
        yield
    except ModelProblem as problem:
        raise click.ClickException(f"无法加载模型 (cannot load the model): {problem}") from problem


def _encoder_training() -> Any:
    try:
        return import_module("yuqing_scoring.training.encoder.train")  # what it needs is not there unless one trains
    except ImportError as error:
        raise click.ClickException(f"缺少训练所需的包 (packages of training.lock are missing): {error}") from error


def _assemble(data: Path, folder: Path, *, written: bool) -> None:
    with _problem_told():
        stage = assemble(_training_rows(data, written=written), folder, load(folder), _say)
    held = _read(data, "dev")
    encoder = (folder / ENCODER).read_bytes()
    evidence = SecondEvidence(
        stage,
        figures=measure(stage, held),
        unseen=read_unseen(folder),
        texts_a_second=_speed(stage, held),
        encoder_bytes=len(encoder),
        encoder_sha256=hashlib.sha256(encoder).hexdigest(),
    )
    (folder / SECOND_CARD).write_text(second_card(evidence), encoding="utf-8")
    click.echo("\n".join(figure_lines(evidence.figures)))


def _speed(judge: Judge, corpus: Corpus) -> int:
    return texts_a_second(judge, [Passage(row.text, row.medium) for row in corpus.rows])


def _say(what: str) -> None:
    click.echo(what, err=True)
