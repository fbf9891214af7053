"""Fits the label rules: on half of the texts of our own and on the first of the texts found in the labelled sets."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from yuqing_scoring.domain.batch import Batch
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.labels.finding import Finder
from yuqing_scoring.domain.labels.label_model import Evidence, Floats, LabelModel, evidence_of
from yuqing_scoring.domain.labels.rules import RuleBook
from yuqing_scoring.training.corpus import Corpus
from yuqing_scoring.training.labels.fit import fit
from yuqing_scoring.training.labels.sample import Sample, found_sample, own_sample

FOUND: Final = "found.tsv"
FOUND_LATER: Final = "found_later.tsv"
"""Drawn and labelled when the rules were finished; only measured."""


def train_labels(book: RuleBook, sentiment: FastModel, corpus: Corpus) -> LabelModel:
    """`corpus`: the rows of which the sample holds labels (`dev`)."""
    own = own_sample()
    fitted = own.only(own.fitted).and_(found_sample(corpus, FOUND))
    return fit(book, judged_by(Finder(book.rules), sentiment, fitted.passages), fitted.wanted)


def reported(corpus: Corpus) -> dict[str, Sample]:
    """What is only measured, by a name to print."""
    own = own_sample()
    return {"own texts, the other half": own.only(np.logical_not(own.fitted)), "found texts": found_sample(corpus, FOUND_LATER)}


def judged_by(finder: Finder, sentiment: FastModel, passages: Sequence[Passage]) -> Evidence:
    """What the labels of these passages are judged by."""
    batch = Batch.of(passages)
    return evidence_of(passages, finder.hits(batch.signs), list(sentiment.judge_batch(batch)))


def probabilities(model: LabelModel, finder: Finder, sentiment: FastModel, *, of: Sequence[Passage]) -> Floats:
    """Passages × labels."""
    return model.probabilities(judged_by(finder, sentiment, of))
