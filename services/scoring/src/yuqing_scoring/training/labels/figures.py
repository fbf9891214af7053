"""What is measured of labels: precision and recall of each, how far probabilities can be believed, and how steadily the guidelines are applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from yuqing_scoring.domain.labels.label_keys import KEYS, KINDS, places_of
from yuqing_scoring.domain.labels.label_model import Floats
from yuqing_scoring.training.figures import calibration_error
from yuqing_scoring.training.labels.sample import Wanted, labelled

_HALF: Final = 0.5
_metrics = cast("Any", sklearn_metrics)  # carries no types


@dataclass(frozen=True, slots=True)
class OneLabel:
    """How many texts have it, and percentages; None where nothing was there to divide by."""

    texts: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Of a sample: each label, F1 over all labels of a kind together (micro) in percent, and the calibration error over all labels (0 to 1)."""

    texts: int
    labels: Mapping[str, OneLabel]
    f1_of_kinds: Mapping[str, float]
    calibration_error: float


def measure_labels(probabilities: Floats, wanted: Wanted, shown_from: float) -> LabelFigures:
    """Compares what would be shown with what is wanted."""
    shown = probabilities >= shown_from
    sure = [(max(p, 1 - p), (p >= _HALF) == bool(want)) for p, want in zip(probabilities.ravel().tolist(), wanted.ravel(), strict=True)]
    return LabelFigures(
        texts=len(wanted),
        labels={key: _one(wanted[:, place], shown[:, place]) for place, key in enumerate(KEYS)},
        f1_of_kinds={kind: _f1(wanted[:, places_of(kind)], shown[:, places_of(kind)]) for kind in KINDS},
        calibration_error=calibration_error(sure) or 0.0,
    )


def agreement() -> dict[str, float]:
    """Cohen's kappa of the two passes over the texts of our own, for each label (J. Cohen, 1960)."""
    first, second = labelled("first_pass.tsv"), labelled("second_pass.tsv")
    ids = sorted(first)
    one, other = np.stack([first[each] for each in ids]), np.stack([second[each] for each in ids])
    return {key: round(float(_metrics.cohen_kappa_score(one[:, place], other[:, place])), 3) for place, key in enumerate(KEYS)}


def label_lines(name: str, figures: LabelFigures) -> list[str]:
    """The figures as they are printed."""
    kinds = ", ".join(f"{kind} {value}" for kind, value in figures.f1_of_kinds.items())
    rows = [f"| {key} | {one.texts} | {_shown(one.precision)} | {_shown(one.recall)} |" for key, one in figures.labels.items()]
    return [
        f"labels of {figures.texts} {name}: F1 {kinds}; error of calibration {figures.calibration_error}",
        "",
        "| label | texts | precision | recall |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]


def agreement_line(kappas: Mapping[str, float]) -> str:
    """The agreement of the two passes as it is printed."""
    values: Sequence[float] = sorted(kappas.values())
    lowest = min(kappas, key=kappas.__getitem__)
    return f"Cohen's kappa of the two passes: median {np.median(values):.2f}, lowest {values[0]:.2f} ({lowest})"


def _one(wanted: NDArray[np.bool_], shown: NDArray[np.bool_]) -> OneLabel:
    hits = int((wanted & shown).sum())
    return OneLabel(int(wanted.sum()), _part(hits, int(shown.sum())), _part(hits, int(wanted.sum())))


def _f1(wanted: NDArray[np.bool_], shown: NDArray[np.bool_]) -> float:
    return round(200 * int((wanted & shown).sum()) / max(1, int(wanted.sum()) + int(shown.sum())), 1)


def _part(hits: int, of: int) -> float | None:
    return round(100 * hits / of, 1) if of else None


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value}"
