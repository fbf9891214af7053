"""How right the model is, and how far people agree: from texts that two people labelled without knowing of each other or of the model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final, cast

import krippendorff
import numpy as np

from yuqing_indexing.domain.by_hand import LabelKind
from yuqing_indexing.domain.sight import Sight

_BINS: Final = 15
_CODERS: Final = 2


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person says of a text: of each kind the values; of sentiment nothing where the person is unsure."""

    labels: Mapping[str, Sequence[str]]
    unsure: bool
    time: datetime

    def says(self, kind: LabelKind) -> str | None:
        """The values as one category; None where nothing is said of the kind."""
        values = self.labels.get(kind.value)
        return None if values is None else _category(values)


@dataclass(frozen=True, slots=True)
class DoubleChecked:
    """A text with its two opinions. `judged` is what the model said when it was drawn; `probability` is that of the sentiment it said."""

    medium: str
    topics: tuple[str, ...]
    weight: float
    judged: Mapping[str, Sequence[str]]
    probability: float
    judged_by: str
    opinions: tuple[Opinion, Opinion]

    @property
    def time(self) -> datetime:
        """When the second opinion came."""
        return max(opinion.time for opinion in self.opinions)

    def settled(self, kind: LabelKind) -> str | None:
        """What both say; None where they do not agree, or one says nothing."""
        one, other = (opinion.says(kind) for opinion in self.opinions)
        return one if one == other else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1; None where there is nothing to tell them by."""

    value: str
    size: int
    settled: int
    unsure: int
    accuracy: float | None
    calibration_error: float | None
    agreement: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class AllFigures:
    """All of it, and cut in four ways."""

    overall: Figures
    topics: tuple[Figures, ...]
    media: tuple[Figures, ...]
    weeks: tuple[Figures, ...]
    models: tuple[Figures, ...]


def all_figures(texts: Sequence[DoubleChecked], kind: LabelKind, zone: tzinfo, sight: Sight) -> AllFigures:
    """The figures of one kind of label; weeks begin on Monday in `zone` (ISO 8601), topics are those in sight."""
    return AllFigures(
        overall=figures("", texts, kind),
        topics=_cut(((topic, text) for text in texts for topic in sight.seen(text.topics)), kind),
        media=_cut(((text.medium, text) for text in texts), kind),
        weeks=_cut(((_week(text.time, zone), text) for text in texts), kind),
        models=_cut(((text.judged_by, text) for text in texts), kind),
    )


def figures(value: str, texts: Sequence[DoubleChecked], kind: LabelKind) -> Figures:
    """The figures of these texts. Accuracy and calibration weigh each settled text by what it stands for."""
    both = [text for text in texts if all(opinion.says(kind) is not None for opinion in text.opinions)]
    settled = [text for text in both if text.settled(kind) is not None]
    right = [_category(text.judged.get(kind.value, ())) == text.settled(kind) for text in settled]
    weights = [text.weight for text in settled]
    return Figures(
        value,
        size=len(texts),
        settled=len(settled),
        unsure=sum(any(opinion.unsure for opinion in text.opinions) for text in texts),
        accuracy=float(np.average(right, weights=weights)) if settled else None,
        calibration_error=_calibration_error(settled, right, weights) if settled and kind is LabelKind.SENTIMENT else None,
        agreement=len(settled) / len(both) if both else None,
        alpha=alpha([(opinion.says(kind) for opinion in text.opinions) for text in texts]),
    )


def alpha(opinions: Sequence[Iterable[str | None]]) -> float | None:
    """Krippendorff's alpha for nominal data (Krippendorff 2004); None where fewer than two categories are said, so that nothing could differ.

    Each row are the opinions about one text, None where somebody says nothing.
    """
    rows = [tuple(row) for row in opinions]
    pairs = [row for row in rows if None not in row]
    categories = {said: number for number, said in enumerate(sorted({said for row in pairs for said in row if said is not None}))}
    if len(categories) < _CODERS:
        return None
    data = np.array([[categories[said] for said in row if said is not None] for row in pairs], np.float64).T
    return float(cast("Any", krippendorff).alpha(reliability_data=data, level_of_measurement="nominal"))


def _calibration_error(texts: Sequence[DoubleChecked], right: Sequence[bool], weights: Sequence[float]) -> float:
    """Expected calibration error over 15 bins of equal width (Guo et al. 2017), as the model's card has it; weighted."""
    probabilities, hits, weighs = (np.array(values, np.float64) for values in ([text.probability for text in texts], right, weights))
    bins = np.ceil(probabilities * _BINS)
    gaps = [abs(float(((probabilities - hits) * weighs)[bins == each].sum())) for each in np.unique(bins)]
    return sum(gaps) / float(weighs.sum())


def _cut(pairs: Iterable[tuple[str, DoubleChecked]], kind: LabelKind) -> tuple[Figures, ...]:
    groups: dict[str, list[DoubleChecked]] = {}
    for value, text in pairs:
        groups.setdefault(value, []).append(text)
    return tuple(figures(value, texts, kind) for value, texts in sorted(groups.items()))


def _week(time: datetime, zone: tzinfo) -> str:
    year, week, _ = time.astimezone(zone).isocalendar()
    return f"{year}-W{week:02}"


def _category(values: Iterable[str]) -> str:
    return " ".join(sorted(values))
