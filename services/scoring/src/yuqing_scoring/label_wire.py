"""Labels ↔ messages of the contract, pure functions."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TypeVar

from yuqing.type.v1 import labels_pb2, types_pb2
from yuqing_scoring.domain.labels.text_labels import Aspect, Entity, EntityKind, FocusArea, Intent, Region, RegionBasis, Sensitivity, TextLabels

_Value = TypeVar("_Value", bound=int)
_Word = TypeVar("_Word", bound=StrEnum)


def _numbers(words: type[_Word], values: Sequence[tuple[str, _Value]], prefix: str) -> dict[_Word, _Value]:
    """The number of each word in the contract, where it has the same name in capitals after the prefix."""
    of_name = dict(values)
    return {word: of_name[f"{prefix}_{word.name}"] for word in words}


INTENTS: Final = _numbers(Intent, types_pb2.Intent.items(), "INTENT")
ASPECTS: Final = _numbers(Aspect, types_pb2.Aspect.items(), "ASPECT")
FOCUS_AREAS: Final = _numbers(FocusArea, types_pb2.FocusArea.items(), "FOCUS_AREA")
SENSITIVITIES: Final = _numbers(Sensitivity, types_pb2.Sensitivity.items(), "SENSITIVITY")
_KINDS: Final = _numbers(EntityKind, labels_pb2.EntityKind.items(), "ENTITY_KIND")
_BASES: Final = _numbers(RegionBasis, labels_pb2.RegionBasis.items(), "REGION_BASIS")


def labels_of(labels: TextLabels) -> labels_pb2.Labels:
    """The labels as the contract has them."""
    return labels_pb2.Labels(
        intents=[labels_pb2.IntentLabel(intent=INTENTS[each.label], probability=each.probability) for each in labels.intents],
        aspects=[labels_pb2.AspectLabel(aspect=ASPECTS[each.label], probability=each.probability) for each in labels.aspects],
        focus_areas=[labels_pb2.FocusAreaLabel(focus_area=FOCUS_AREAS[each.label], probability=each.probability) for each in labels.focus_areas],
        sensitivities=[
            labels_pb2.SensitivityLabel(sensitivity=SENSITIVITIES[each.label], probability=each.probability) for each in labels.sensitivities
        ],
        offensive=labels.offensive,
        entities=[entity_of(entity) for entity in labels.entities],
        regions=[region_of(region) for region in labels.regions],
    )


def entity_of(entity: Entity) -> labels_pb2.Entity:
    """An entity as the contract has it."""
    return labels_pb2.Entity(kind=_KINDS[entity.kind], name=entity.name, role=entity.role, size=entity.size)


def region_of(region: Region) -> labels_pb2.Region:
    """A region as the contract has it."""
    return labels_pb2.Region(code=region.code, name=region.name, basis=_BASES[region.basis], probability=region.probability)
