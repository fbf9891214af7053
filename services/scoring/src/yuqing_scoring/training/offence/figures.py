"""What is measured of the judge of offensive language, and how often it is alarmed by a text that merely names a group."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.grams import LARGEST_BATCH, grams
from yuqing_scoring.domain.labels.offence import OffenceModel
from yuqing_scoring.training.corpus import Corpus
from yuqing_scoring.training.figures import calibration_error
from yuqing_scoring.training.offence.balance import groups
from yuqing_scoring.training.offence.train import OffenceRow

_DECIDED_FROM: Final = 0.5


@dataclass(frozen=True, slots=True)
class OffenceFigures:
    """Percentages, and the calibration error from 0 to 1. Alarms: the share of texts that are not offensive and called so, by whether they name a
    group; of written sentences that merely name one; of ordinary texts by medium, where some are offensive indeed."""

    rows: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    accuracy_by_topic: dict[str, float]
    alarms_naming_a_group: float
    alarms_naming_none: float
    alarms_on_written_sentences: float
    alarms_on_ordinary_texts: dict[str, float]


def measure_offence(model: OffenceModel, rows: Sequence[OffenceRow], ordinary: Corpus) -> OffenceFigures:
    """Judges all rows, the written sentences and the ordinary texts."""
    named = groups()
    wanted = np.array([row.offensive for row in rows])
    probabilities = _judged(model, [row.text for row in rows])
    called = probabilities >= _DECIDED_FROM
    topics = np.array([row.topic for row in rows])
    names_one = np.array([named.named_in(row.text) for row in rows])
    media = np.array([row.medium.value for row in ordinary.rows])
    ordinary_called = _judged(model, [row.text for row in ordinary.rows]) >= _DECIDED_FROM
    return OffenceFigures(
        rows=len(rows),
        accuracy=_percent(called == wanted),
        macro_f1=round(50 * (_f1(wanted, called) + _f1(~wanted, ~called)), 1),
        calibration_error=calibration_error([(max(p, 1 - p), bool(right)) for p, right in zip(probabilities.tolist(), called == wanted, strict=True)])
        or 0.0,
        accuracy_by_topic={str(topic): _percent((called == wanted)[topics == topic]) for topic in np.unique(topics)},
        alarms_naming_a_group=_percent(called[~wanted & names_one]),
        alarms_naming_none=_percent(called[~wanted & ~names_one]),
        alarms_on_written_sentences=_percent(_judged(model, named.report) >= _DECIDED_FROM),
        alarms_on_ordinary_texts={str(medium): _percent(ordinary_called[media == medium]) for medium in np.unique(media)},
    )


def offence_lines(figures: OffenceFigures) -> list[str]:
    """The figures as they are printed."""
    return [f"offensive: {name.replace('_', ' ')} {value}" for name, value in asdict(figures).items()]


def _judged(model: OffenceModel, texts: Sequence[str]) -> NDArray[np.float64]:
    return np.concatenate([model.probabilities(grams(texts[start : start + LARGEST_BATCH])) for start in range(0, len(texts), LARGEST_BATCH)])


def _f1(wanted: NDArray[np.bool_], called: NDArray[np.bool_]) -> float:
    return 2 * int((wanted & called).sum()) / max(1, int(wanted.sum()) + int(called.sum()))


def _percent(of: NDArray[np.bool_]) -> float:
    return round(100 * float(of.mean()), 1) if len(of) else 0.0
