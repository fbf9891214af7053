"""`yuqing model names`, `towards`, `sentiment`: measure regions, entities, judgements towards subjects and sentiment on samples."""

from pathlib import Path

import click

from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem, load
from yuqing_scoring.adapters.second_stage_file import has_second_stage
from yuqing_scoring.adapters.second_stage_file import load as load_second_stage
from yuqing_scoring.domain.judgement import Judge, Sentiment
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.training.corpus import CorpusProblem, read_corpus
from yuqing_scoring.training.figures import figures_of, judged_rows, negative_or_not
from yuqing_scoring.training.names.figures import measure_names, measure_towards, microseconds_a_text
from yuqing_scoring.training.names.sample import Half, SampleProblem, named_texts, subject_texts
from yuqing_scoring.training.written import read_written

_SIZES = (60, 700)
_sample = click.argument("sample", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_model = click.option(
    "--model", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=SHIPPED, help="模型目录 (folder of a model)"
)
_half = click.option(
    "--half",
    type=click.Choice([half.value for half in Half]),
    default=Half.KEPT.value,
    show_default=True,
    help="样本的哪一半 (which half of the sample)",
)


@click.command("names")
@_sample
@_half
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="标注集目录,用其文本测时 (folder of labelled sets whose texts are timed)",
)
def names_command(sample: Path, half: str, data: Path | None) -> None:
    """在样本上评测地区与实体 (measure regions and entities on a sample such as tests/samples/named.tsv)."""
    finder = NameFinder.shipped()
    try:
        texts = named_texts(sample, Half(half))
    except SampleProblem as problem:
        raise click.ClickException(f"无法读取样本 (cannot read the sample): {problem}") from problem
    click.echo("\n".join(measure_names(finder, texts).lines()))
    if data is not None:
        _time(finder, data)


def _time(finder: NameFinder, data: Path) -> None:
    try:
        texts = [row.text for row in read_corpus(data, "dev").rows]
    except CorpusProblem as problem:
        raise click.ClickException(f"无法读取标注集 (cannot read the labelled sets): {problem}") from problem
    for size in _SIZES:
        click.echo(f"{microseconds_a_text(finder, texts, code_points=size):.0f} µs of processor time for a text of {size} code points")


@click.command("towards")
@_sample
@_half
@_model
@click.option("--fast", is_flag=True, help="只用初判模型 (the fast stage alone)")
def towards_command(sample: Path, half: str, folder: Path, *, fast: bool) -> None:
    """在样本上评测对特定对象的研判 (measure judging towards subjects on a sample such as tests/samples/towards.tsv)."""
    try:
        texts, judge = subject_texts(sample, Half(half)), _judge(folder, fast=fast)
    except SampleProblem as problem:
        raise click.ClickException(f"无法读取样本 (cannot read the sample): {problem}") from problem
    except ModelProblem as problem:
        raise click.ClickException(f"无法加载模型 (cannot load the model): {problem}") from problem
    click.echo(f"{judge.name} {judge.version}")
    click.echo("\n".join(measure_towards(judge, NameFinder.shipped(), texts).lines()))


@click.command("sentiment")
@_sample
@_model
def sentiment_command(sample: Path, folder: Path) -> None:
    """在样本上评测情感,两级分别给出 (measure the sentiment by each stage on a sample such as tests/samples/finance.tsv).

    Accuracy and macro-F1 of the decision among three classes; negative or not by the largest probability, beside always answering 'not'.
    """
    try:
        corpus, judges = read_written(sample), {"fast": _judge(folder, fast=True), "both": _judge(folder, fast=False)}
    except CorpusProblem as problem:
        raise click.ClickException(f"无法读取样本 (cannot read the sample): {problem}") from problem
    except ModelProblem as problem:
        raise click.ClickException(f"无法加载模型 (cannot load the model): {problem}") from problem
    click.echo("| sample | rows | always 'not' | stage | negative or not | accuracy | macro-F1 | negative: precision | recall |")
    click.echo("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    judged = {stage: judged_rows(judge, corpus) for stage, judge in judges.items()}
    for name in (*sorted(corpus.medium_of), "all"):
        for stage, of_stage in judged.items():
            rows = [(row, judgement) for row, judgement in of_stage if name in (row.source, "all")]
            [each] = figures_of({name: rows}).sets.values()
            never = 100 * sum(row.sentiment is not Sentiment.NEGATIVE for row, _ in rows) / len(rows)
            figures = f"{negative_or_not(rows)} | {each.accuracy} | {each.macro_f1} | {each.negative_precision} | {each.negative_recall}"
            click.echo(f"| {name} | {each.rows} | {never:.1f} | {stage} | {figures} |")


def _judge(folder: Path, *, fast: bool) -> Judge:
    stored = load(folder)
    return stored.model if fast or not has_second_stage(folder) else load_second_stage(folder, stored)
