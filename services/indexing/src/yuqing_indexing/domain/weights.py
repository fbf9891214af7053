"""What each part of influence and risk weighs: data with a version, of which an organisation may have its own."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Final, NamedTuple

import orjson

WHOLE: Final = 100.0
_DECIMALS: Final = 2
"""Of weights and points: they can be added up by hand."""
_VALUE_DECIMALS: Final = 4


class Measure(NamedTuple):
    """What is known of a part: its value from 0 to 1 (None: not known), what it was measured by, and how the value follows from that."""

    value: float | None
    measured: float | None
    formula: str


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
    _shared: dict[tuple[str, ...], dict[str, float]] = field(default_factory=dict[tuple[str, ...], dict[str, float]], compare=False)

    def parts(self, measures: Iterable[Measure]) -> tuple[Part, ...]:
        """The parts of a score, in the order of the weights, by what is known of each."""
        told = tuple(measures)
        values = [None if each.value is None else round(each.value, _VALUE_DECIMALS) for each in told]
        weights = self._known(tuple(factor for factor, value in zip(self.weights, values, strict=True) if value is None))
        return tuple(
            Part(factor, weight, value, round(weight * value, _DECIMALS) if value else 0.0, each.measured, each.formula)
            for (factor, weight), value, each in zip(weights.items(), values, told, strict=True)
        )

    def _known(self, unknown: tuple[str, ...]) -> dict[str, float]:
        """What each part weighs where these are not known. Kept: there are few such sets, and every mention has one."""
        weights = self._shared.get(unknown)
        if weights is None:
            weights = self._shared[unknown] = _shared_out(self.weights, unknown)
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


def score_of(parts: Iterable[Part]) -> float:
    """The sum of the points, which is exact to two decimals."""
    return round(sum(part.points for part in parts), _DECIMALS)


def weights_of(content: bytes) -> Weights:
    """The weights that a JSON object says, with the same parts as those that are shipped. Errors: BadWeights."""
    try:
        told = orjson.loads(content)
        weights = Weights(str(told["version"]), Scale(dict(told["influence"])), Scale(dict(told["risk"])), dict(told["media"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
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
    if not all(isinstance(each, int | float) and each >= 0 for each in weights.values()) or not math.isclose(sum(weights.values()), WHOLE):
        raise BadWeights(f"the weights of {name} are not negative, and 100 together")


def _shared_out(weights: Mapping[str, float], unknown: Collection[str]) -> dict[str, float]:
    """The weights of what is known made 100 together again, the last of them to the hundredth; of what is not known 0."""
    known = {factor: weight for factor, weight in weights.items() if factor not in unknown and weight}
    total = sum(known.values())
    shared = dict.fromkeys(weights, 0.0) | {factor: round(weight * WHOLE / total, _DECIMALS) for factor, weight in known.items()}
    if known:
        largest = max(known, key=lambda factor: known[factor])
        shared[largest] = round(shared[largest] + WHOLE - sum(shared.values()), _DECIMALS)
    return shared


SHIPPED: Final = weights_of(resources.files("yuqing_indexing.domain").joinpath("weights.json").read_bytes())
"""Those that count where the organisation has none of its own."""
