"""Writes the model's card: what it was made of, what was measured, what it cannot do. Its figures stand in it twice, for people and for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from yuqing_scoring.adapters.model_file import StoredModel
from yuqing_scoring.domain.judgement import SENTIMENTS
from yuqing_scoring.training.calibrate import ASSUMED_NEUTRAL_REVIEWS, FOLDS
from yuqing_scoring.training.corpus import EMOTICON_SETS, Corpus
from yuqing_scoring.training.figures import Figures
from yuqing_scoring.training.train import Unseen

_FENCE: Final = "```"


@dataclass(frozen=True)
class Evidence:
    """All that the card tells."""

    stored: StoredModel
    trained_on: Corpus
    figures: Figures
    unseen: Mapping[str, Unseen]
    texts_a_second: int
    weights_bytes: int


def figures_json(figures: Figures) -> dict[str, Any]:
    """The figures as plain data, as `yuqing model evaluate --json` prints them and the card holds them."""
    return asdict(figures)


def figure_lines(figures: Figures) -> Iterator[str]:
    """A table of the figures, and their means below."""
    yield "| set | rows | classes | accuracy | macro-F1 | negative: precision | recall |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, each in figures.sets.items():
        mark = " (emoticons; in no mean)" if name in EMOTICON_SETS else ""
        numbers = f"{each.accuracy:.1f} | {each.macro_f1:.1f} | {each.negative_precision:.1f} | {each.negative_recall:.1f}"
        yield f"| {name}{mark} | {each.rows} | {each.classes} | {numbers} |"
    yield ""
    yield f"mean three-class macro-F1 {figures.three_class_macro_f1}, mean two-class accuracy {figures.two_class_accuracy}"
    yield f"calibration error: three-class {figures.three_class_calibration_error}, two-class {figures.two_class_calibration_error}"


def card(evidence: Evidence) -> str:
    """The card in Markdown."""
    return "\n".join(_lines(evidence)) + "\n"


def _lines(evidence: Evidence) -> Iterator[str]:
    model, figures = evidence.stored.model, evidence.figures
    yield f"# Model card: {model.name} {model.version}"
    yield ""
    yield f"Written by `yuqing model train`. Weights: {evidence.weights_bytes} bytes, SHA-256 `{evidence.stored.sha256}`."
    yield ""
    yield "**What it does.** Sentiment (negative, neutral, positive) of a Chinese text in its medium, with calibrated probabilities: two logistic"
    yield "regressions on hashed character 1- to 3-grams. *Polarity* is trained on all sets, *neutral* on the three-class sets only, because the"
    yield "two-class sets hold no neutral texts. Each weight is shared by all media and changed by the medium."
    yield ""
    yield f"**How it was calibrated.** On train rows alone, by {FOLDS}-fold cross-fitting; dev rows decided nothing but the constants of the method."
    yield "The decision leans by medium towards rarer classes, for macro-F1, so it is not always the class with the largest probability."
    yield ""
    yield "**Licence.** The licence of the training texts is unstated for almost all of these sets: the model may be used inside this project;"
    yield "before it is given away a person decides. No training text is in this repository."
    yield ""
    yield "## Training rows"
    yield ""
    yield "Rows of the split `train` of each set. The split is by a keyed hash of the normalised text, the same over all sets, so that equal texts"
    yield "never stand on both sides."
    yield ""
    yield from _rows(evidence.trained_on)
    yield ""
    yield "## Figures on the split `dev`, on which nothing was fitted"
    yield ""
    yield from figure_lines(figures)
    yield ""
    yield "## A set that was left out of training"
    yield ""
    yield "Fitted without the set, measured on its dev rows: nearer to what texts from elsewhere will get. (The calibration, seven numbers a medium,"
    yield "is the model's own and has seen the set.)"
    yield ""
    yield from _unseen(evidence.unseen)
    yield ""
    yield "## Speed"
    yield ""
    yield f"{evidence.texts_a_second} texts of 60 characters a second, in one thread of the machine that trained it."
    yield "`yuqing model evaluate` measures it on yours."
    yield ""
    yield "## Limits"
    yield ""
    yield "- People agree with each other on sentiment in about 80 % of texts (published figures). A figure here is agreement with one labeller."
    yield "- It reads words, not sense: irony, long sentences with several subjects, and who is praised or blamed are beyond it."
    yield f"- No set has neutral reviews: that {ASSUMED_NEUTRAL_REVIEWS:.0%} of reviews are neutral is an assumption."
    yield "- Blogs, WeChat articles, videos and all other media have no set: they are judged by the mean of the four that have."
    yield "- Labels of several sets were made from emotions or star ratings; `nlpcc2013_weibo8` is noisy. The texts are from about 2010 to 2020."
    yield "- Of a text over 2,000 characters its beginning and end are read. Languages other than Chinese were not trained."
    yield ""
    yield "## For programs"
    yield ""
    yield f"{_FENCE}json"
    yield json.dumps(_data(evidence), indent=1)
    yield _FENCE


def _rows(corpus: Corpus) -> Iterator[str]:
    yield "| set | medium | negative | neutral | positive |"
    yield "| --- | --- | --- | --- | --- |"
    for source, medium in sorted(corpus.medium_of.items()):
        counts = " | ".join(str(count) for count in _counts(corpus, source))
        yield f"| {source} | {medium} | {counts} |"


def _counts(corpus: Corpus, source: str) -> Iterable[int]:
    inside = corpus.sentiments[corpus.sources == source]
    return [int((inside == sentiment).sum()) for sentiment in SENTIMENTS]


def _unseen(unseen: Mapping[str, Unseen]) -> Iterator[str]:
    yield "| set left out | classes | accuracy | macro-F1 | other sets of its medium |"
    yield "| --- | --- | --- | --- | --- |"
    for source, each in unseen.items():
        seen = "yes" if each.medium_seen else "no"
        yield f"| {source} | {each.figures.classes} | {each.figures.accuracy:.1f} | {each.figures.macro_f1:.1f} | {seen} |"


def _data(evidence: Evidence) -> dict[str, Any]:
    return {
        "name": evidence.stored.model.name,
        "version": evidence.stored.model.version,
        "weights_sha256": evidence.stored.sha256,
        "train_rows": len(evidence.trained_on.rows),
        "figures": figures_json(evidence.figures),
        "unseen": {source: asdict(each.figures) for source, each in evidence.unseen.items()},
        "texts_a_second": evidence.texts_a_second,
    }
