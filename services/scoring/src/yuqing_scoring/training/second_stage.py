"""Puts the second stage together from a fine-tuned encoder and the fast model: how much each says, and what their sum means.

All of it is found on train rows that neither saw: the encoder was trained without one fold of them, and the fast model is fitted anew without it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from yuqing_scoring.adapters.model_file import StoredModel
from yuqing_scoring.adapters.second_stage_file import load_encoder, save
from yuqing_scoring.domain.judgement import Medium, Passage, Sentiment
from yuqing_scoring.domain.second_stage import Encoder, SecondStage, Shares, together
from yuqing_scoring.domain.weights import HEADS, NEUTRAL, POLARITY, TRAINED_MEDIA, rows_of
from yuqing_scoring.training.calibrate import Logits, calibrations, logits_of
from yuqing_scoring.training.corpus import EMOTICON_SETS, Corpus, folds
from yuqing_scoring.training.heads import fit, matrix

HELD_FOLDS: Final = 12
"""One fold of so many is held back from the encoder."""
LEAST_NEGATIVE_RECALL: Final = {Medium.NEWS: 0.95}
"""Of negative news so much is to be found, even if some neutral news is taken for it: one that is missed costs more."""
Floats = NDArray[np.floating]


def held_back(corpus: Corpus) -> NDArray[np.bool_]:
    """Which rows the encoder is not shown."""
    return folds(corpus, HELD_FOLDS) == 0


def assemble(corpus: Corpus, folder: Path, fast: StoredModel, say: Callable[[str], None]) -> SecondStage:
    """Describes the second stage of the model whose encoder lies in the folder; `corpus` are all train rows. Errors: ModelProblem."""
    held = held_back(corpus)
    say(f"fitting the fast model without the {int(held.sum())} rows held back")
    texts = matrix(corpus)
    weights = fit(corpus, texts, ~held)
    linear = np.stack([logits_of(weights, texts[held], head) for head in (POLARITY, NEUTRAL)], axis=-1)
    say("reading the rows held back with the encoder, as of each medium")
    rows = Corpus([row for row, out in zip(corpus.rows, held, strict=True) if out])
    encoded = _encoded(rows, load_encoder(folder))
    shares = _shares(rows, encoded, linear)
    say(f"the fast model counts {shares.polarity:.2f} in polarity, {shares.neutral:.2f} in neutral")
    both = together(encoded, linear, shares)
    found = calibrations(rows, Logits(both[..., POLARITY], both[..., NEUTRAL]), LEAST_NEGATIVE_RECALL)
    return save(folder, fast=fast, shares=shares, calibrations=found)


def _encoded(corpus: Corpus, encoder: Encoder) -> Floats:
    """Rows × ROWS × HEADS: the raw logits of each row as if it were of each row of media."""
    media = [*TRAINED_MEDIA, Medium.OTHER]
    return np.stack([encoder.logits([Passage(text, medium) for text in corpus.texts]) for medium in media], axis=1)


def _shares(corpus: Corpus, encoded: Floats, linear: Floats) -> Shares:
    """How much the fast model's logit counts beside the encoder's: the ratio of their weights in a logistic regression on both."""
    here = np.arange(len(corpus.rows)), rows_of(corpus.media)
    polar = (corpus.sentiments != Sentiment.NEUTRAL) & ~np.isin(corpus.sources, list(EMOTICON_SETS))
    three_class = np.isin(corpus.sources, corpus.three_class)
    found = [0.0] * HEADS
    for head, rows, wanted in ((POLARITY, polar, Sentiment.POSITIVE), (NEUTRAL, three_class, Sentiment.NEUTRAL)):
        features = np.stack([encoded[here][rows, head], linear[here][rows, head]], axis=1)
        model = cast("Any", LogisticRegression(C=100.0, max_iter=1000)).fit(features, corpus.sentiments[rows] == wanted)
        by_encoder, by_fast = map(float, model.coef_[0])
        found[head] = round(by_fast / by_encoder, 3)
    return Shares(polarity=found[POLARITY], neutral=found[NEUTRAL])
