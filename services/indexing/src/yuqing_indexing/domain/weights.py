"""What each part of influence and risk weighs: data with a version, of which an organisation may have its own."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Final, NamedTuple, TypeAlias

import orjson

WHOLE: Final = 100.0
_DECIMALS: Final = 2
"""Of weights and points: they can be added up by hand."""
_HUNDRED, _TEN_THOUSAND = 100, 10_000


Measure: TypeAlias = tuple[float | None, float | None, str]
"""What is known of a part: its value from 0 to 1 (None: not known), what it was measured by, and how the value follows from that.

No class, because each mention that is written makes a dozen of them.
"""


class Part(NamedTuple):
    """A part of a score: `points` are `weight` times `value`, to two decimals."""

    factor: str
    weight: float
    value: float | None
    points: float
    measured: float | None
    formula: str


class BadWeights(ValueError):
    """The weights cannot be used; the message says why."""


@dataclass(frozen=True)
class Scale:
    """What the parts of a score weigh, which is 100 together. Parts that are not known leave theirs to the others, in proportion."""

    weights: Mapping[str, float]
    _shared: dict[tuple[bool, ...], tuple[float, ...]] = field(default_factory=dict[tuple[bool, ...], tuple[float, ...]], compare=False)

    def parts(self, measures: Sequence[Measure]) -> tuple[Part, ...]:
        """The parts of a score, in the order of the weights, by what is known of each."""
        values = _rounded(measures)
        return tuple(
            Part(factor, weight, value, hundredths / _HUNDRED, measured, formula)
            for factor, weight, value, hundredths, (_, measured, formula) in zip(
                self.weights, self._known(values), values, self._hundredths(values), measures, strict=True
            )
        )

    def score(self, measures: Sequence[Measure]) -> float:
        """The sum of the points of the parts, which is exact to two decimals."""
        return sum(self._hundredths(_rounded(measures))) / _HUNDRED

    def _hundredths(self, values: Sequence[float | None]) -> list[int]:
        """The points of each part, times 100: their sum is exact."""
        return [int(weight * value * _HUNDRED + 0.5) if value else 0 for weight, value in zip(self._known(values), values, strict=True)]

    def _known(self, values: Sequence[float | None]) -> tuple[float, ...]:
        """What each part weighs by which of them are known. Kept: there are few such sets, and every mention has one."""
        known = tuple([value is not None for value in values])
        weights = self._shared.get(known)
        if weights is None:
            weights = self._shared[known] = _shared_out(tuple(self.weights.values()), known)
        return weights


@dataclass(frozen=True)
class Weights:
    """All weights; `media` is the weight of an account whose followers are not known, by the medium it publishes in."""

    version: str
    influence: Scale
    risk: Scale
    media: Mapping[str, float]

    @cached_property
    def verified(self) -> float:
        """A verified account weighs at least as much as one of the medium that weighs most."""
        return max(self.media.values())


def weights_of(content: bytes) -> Weights:
    """The weights that a JSON object says, with the same parts as those that are shipped. Errors: BadWeights."""
    try:
        told = orjson.loads(content)
        influence, risk, media = ({name: float(weight) for name, weight in told[part].items()} for part in ("influence", "risk", "media"))
        weights = Weights(str(told["version"]), Scale(influence), Scale(risk), media)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadWeights(f"no weights: {error!r}") from error
    _check("influence", weights.influence.weights, INFLUENCE_FACTORS)
    _check("risk", weights.risk.weights, RISK_FACTORS)
    if not weights.version or not weights.media or not all(0 <= value <= 1 for value in weights.media.values()):
        raise BadWeights("weights have a version, and media from 0 to 1")
    return weights


INFLUENCE_FACTORS: Final = ("author", "interactions", "reach")
RISK_FACTORS: Final = ("negative", "intent", "sensitivity", "focus_area", "offensive", "influence", "speed", "spread", "unverified")


def _check(name: str, weights: Mapping[str, float], factors: Collection[str]) -> None:
    if tuple(weights) != tuple(factors):
        raise BadWeights(f"the parts of {name} are {', '.join(factors)}, in this order")
    if not all(each >= 0 for each in weights.values()) or not math.isclose(sum(weights.values()), WHOLE):
        raise BadWeights(f"the weights of {name} are not negative, and 100 together")


def _rounded(measures: Sequence[Measure]) -> list[float | None]:
    """The values to four decimals; `round` takes three times as long."""
    return [None if value is None else int(value * _TEN_THOUSAND + 0.5) / _TEN_THOUSAND for value, _, _ in measures]


def _shared_out(weights: Sequence[float], known: Sequence[bool]) -> tuple[float, ...]:
    """The weights of what is known made 100 together again, the largest of them to the hundredth; of what is not known 0."""
    total = sum(weight for weight, is_known in zip(weights, known, strict=True) if is_known)
    if not total:
        return (0.0,) * len(weights)
    shared = [round(weight * WHOLE / total, _DECIMALS) if is_known else 0.0 for weight, is_known in zip(weights, known, strict=True)]
    largest = shared.index(max(shared))
    shared[largest] = round(shared[largest] + WHOLE - sum(shared), _DECIMALS)
    return tuple(shared)


SHIPPED: Final = weights_of(resources.files("yuqing_indexing.domain").joinpath("weights.json").read_bytes())
"""Those that count where the organisation has none of its own."""
