"""Measures both stages on sets that no part of them has seen: fast model, encoder, shares and calibrations are all made without these sets."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from yuqing_scoring.adapters.second_stage_file import UNSEEN
from yuqing_scoring.domain.judgement import Judge
from yuqing_scoring.training.corpus import Corpus
from yuqing_scoring.training.figures import figures_of, judged_rows, negative_or_not
from yuqing_scoring.training.second_stage import assemble
from yuqing_scoring.training.train import Say, train

TrainEncoder = Callable[[Corpus, Path], None]
"""Makes the encoder from the rows of a corpus, and writes its files to a folder."""


@dataclass(frozen=True, slots=True)
class UnseenFigures:
    """One set, in percent: accuracy among its classes, and in telling what is negative from all else."""

    rows: int
    accuracy: float
    negative_or_not: float


@dataclass(frozen=True, slots=True)
class UnseenByStage:
    """One set by the fast model alone, and by both stages."""

    fast: UnseenFigures
    both: UnseenFigures


def measure_unseen(
    corpus: Corpus, held: Corpus, sources: Collection[str], *, folder: Path, train_encoder: TrainEncoder, say: Say
) -> dict[str, UnseenByStage]:
    """Trains both stages on the rows of the corpus of all other sets, in an empty folder, and measures them on what `held` has of these.
    Errors: ModelProblem."""
    rest = corpus.without(sources)
    fast = train(rest, folder, say)
    train_encoder(rest, folder)
    both = assemble(rest, folder, fast, say)
    return {source: UnseenByStage(_figures(fast.model, held.only(source)), _figures(both, held.only(source))) for source in sorted(sources)}


def write(folder: Path, unseen: Mapping[str, UnseenByStage]) -> None:
    """Keeps the figures beside the model, for its card."""
    (folder / UNSEEN).write_text(json.dumps({source: asdict(each) for source, each in unseen.items()}, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> dict[str, UnseenByStage]:
    """The figures of the model in the folder; none where nothing was measured."""
    if not (folder / UNSEEN).exists():
        return {}
    stored = json.loads((folder / UNSEEN).read_text(encoding="utf-8"))
    return {source: UnseenByStage(**{stage: UnseenFigures(**figures) for stage, figures in each.items()}) for source, each in stored.items()}


def _figures(judge: Judge, rows: Corpus) -> UnseenFigures:
    judged = judged_rows(judge, rows)
    [figures] = figures_of({"": judged}).sets.values()
    return UnseenFigures(figures.rows, figures.accuracy, negative_or_not(judged))
