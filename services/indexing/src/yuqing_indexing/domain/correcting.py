"""Labels that people give: which values there are, and what a mention's labels become by them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from yuqing_indexing.domain.by_hand import Correction, LabelKind
from yuqing_indexing.domain.labels import Entity, Label, Labels, Region
from yuqing_text.query.schema import ASPECT, FOCUS_AREA, INTENT, SENSITIVITY, SENTIMENT

OFFENSIVE_FROM: Final = 0.5
"""The probability from which on language is called offensive where a person is to agree or not."""
YES, NO = "yes", "no"
VALUES: Final[Mapping[LabelKind, Collection[str]]] = {
    LabelKind.SENTIMENT: SENTIMENT,
    LabelKind.INTENT: INTENT,
    LabelKind.ASPECT: ASPECT,
    LabelKind.FOCUS_AREA: FOCUS_AREA,
    LabelKind.SENSITIVITY: SENSITIVITY,
    LabelKind.OFFENSIVE: (YES, NO),
}
"""The values of the kinds that have a fixed set of them."""
ENTITY_KINDS: Final = ("organisation", "product", "person")
_EXACTLY_ONE: Final = frozenset({LabelKind.SENTIMENT, LabelKind.OFFENSIVE})


class LabelRefused(ValueError):
    """The values are none of the kind's; the message says which and what they may be."""


def checked(kind: LabelKind, values: Collection[str]) -> tuple[str, ...]:
    """The values of a label, as they are kept. Errors: LabelRefused."""
    allowed = VALUES.get(kind)
    if kind in _EXACTLY_ONE and len(values) != 1:
        raise LabelRefused(f"{kind.value} has exactly one value")
    for value in values:
        if allowed is not None and value not in allowed:
            raise LabelRefused(f"{value!r} is none of {', '.join(allowed)}")
        if not value.strip():
            raise LabelRefused("a value is empty")
        if kind is LabelKind.ENTITY and not _is_entity(value):
            raise LabelRefused(f"{value!r} does not begin with {', '.join(f'{each}:' for each in ENTITY_KINDS)} and go on with a name")
    return tuple(values)


def values_of(labels: Labels, kind: LabelKind) -> tuple[str, ...]:
    """The values of a kind as people give and see them; sentiment is none of the labels."""
    match kind:
        case LabelKind.INTENT:
            return _names(labels.intents)
        case LabelKind.ASPECT:
            return _names(labels.aspects)
        case LabelKind.FOCUS_AREA:
            return _names(labels.focus_areas)
        case LabelKind.SENSITIVITY:
            return _names(labels.sensitivities)
        case LabelKind.OFFENSIVE:
            return (YES if labels.offensive >= OFFENSIVE_FROM else NO,)
        case LabelKind.REGION:
            return tuple(region.name for region in labels.regions)
        case LabelKind.ENTITY:
            return tuple(f"{entity.kind}:{entity.name}" for entity in labels.entities)
        case LabelKind.SENTIMENT:
            return ()


def corrected_labels(labels: Labels, corrections: Iterable[Correction]) -> Labels:
    """The labels with what people say in their stead; what a person says has the probability 1."""
    for each in corrections:
        labels = _with(labels, each.kind, each.values)
    return labels


def _with(labels: Labels, kind: LabelKind, values: tuple[str, ...]) -> Labels:
    sure = tuple(Label(value, 1.0) for value in values)
    match kind:
        case LabelKind.INTENT:
            return replace(labels, intents=sure)
        case LabelKind.ASPECT:
            return replace(labels, aspects=sure)
        case LabelKind.FOCUS_AREA:
            return replace(labels, focus_areas=sure)
        case LabelKind.SENSITIVITY:
            return replace(labels, sensitivities=sure)
        case LabelKind.OFFENSIVE:
            return replace(labels, offensive=1.0 if values == (YES,) else 0.0)
        case LabelKind.REGION:
            known = {region.name: region for region in labels.regions}
            return replace(labels, regions=tuple(known.get(value, Region("", value, "", 1.0))._replace(probability=1.0) for value in values))
        case LabelKind.ENTITY:
            named = {f"{entity.kind}:{entity.name}": entity for entity in labels.entities}
            return replace(labels, entities=tuple(named.get(value) or _entity(value) for value in values))
        case LabelKind.SENTIMENT:
            return labels


def _names(labels: Iterable[Label]) -> tuple[str, ...]:
    return tuple(label.name for label in labels)


def _is_entity(value: str) -> bool:
    kind, _, name = value.partition(":")
    return kind in ENTITY_KINDS and bool(name.strip())


def _entity(value: str) -> Entity:
    kind, _, name = value.partition(":")
    return Entity(kind, name, "", 1)
