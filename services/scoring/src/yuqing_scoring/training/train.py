"""Makes a model from labelled sets, from reading them to its files and its card. Equal sets give equal files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from yuqing_scoring.adapters.model_file import StoredModel, recalibrate, save
from yuqing_scoring.domain.calibration import Calibrations
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.judgement import Medium
from yuqing_scoring.domain.weights import Tables
from yuqing_scoring.training.calibrate import calibrations, cross_fitted
from yuqing_scoring.training.corpus import EMOTICON_SETS, Corpus
from yuqing_scoring.training.figures import SetFigures, measure
from yuqing_scoring.training.heads import fit, matrix

LEAST_NEGATIVE_RECALL: Final = {Medium.NEWS: 0.85}
"""Of negative news so much is to be found; the second stage finds more."""
Say = Callable[[str], None]
"""Tells the person who waits what is going on."""


@dataclass(frozen=True)
class Unseen:
    """The figures of one set by a model that was trained without it, and whether any other set has its medium."""

    figures: SetFigures
    medium_seen: bool


def train(corpus: Corpus, folder: Path, say: Say) -> StoredModel:
    """Fits on all rows of the corpus, calibrates by cross-fitting, writes the model's files to the folder."""
    say(f"reading the n-grams of {len(corpus.rows)} texts")
    texts = matrix(corpus)
    say("fitting on parts, to calibrate on the rest")
    calibration = calibrations(corpus, cross_fitted(corpus, texts), LEAST_NEGATIVE_RECALL)
    say("fitting on all")
    weights = fit(corpus, texts, np.ones(len(corpus.rows), np.bool_))
    return save(folder, shared=weights.shared, changes=weights.changes, calibrations=calibration)


def calibrate(corpus: Corpus, folder: Path, say: Say) -> StoredModel:
    """Calibrates the model in the folder anew, by cross-fitting on all rows of the corpus; its weights stay. Errors: ModelProblem."""
    say("fitting on parts, to calibrate on the rest")
    return recalibrate(folder, calibrations(corpus, cross_fitted(corpus, matrix(corpus)), LEAST_NEGATIVE_RECALL))


def leave_one_out(corpus: Corpus, held: Corpus, calibration: Calibrations, say: Say) -> Iterator[tuple[str, Unseen]]:
    """For each set of `held`: fits on the corpus without that set and measures on it. The calibration stays as it is:
    seven numbers a medium, which have seen the set."""
    texts = matrix(corpus)
    for source in sorted(held.medium_of):
        rest = corpus.sources != source
        if source in EMOTICON_SETS or not rest.any():
            continue
        say(f"fitting without {source}")
        weights = fit(corpus, texts, rest)
        model = FastModel("without", source, Tables.of(weights.shared, weights.changes), calibration)
        figures = measure(model, held.only(source)).sets[source]
        others = {medium for name, medium in corpus.medium_of.items() if name != source}
        yield source, Unseen(figures, medium_seen=held.medium_of[source] in others)
