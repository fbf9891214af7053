"""Labels of the contract to the domain's and back; pure functions."""

from typing import Final

from yuqing.type.v1 import labels_pb2
from yuqing_indexing.domain.labels import Entity, Label, Labels, Region
from yuqing_indexing.names import ASPECT, ENTITY_KIND, FOCUS_AREA, INTENT, REGION_BASIS, SENSITIVITY

_DECIMALS: Final = 4
"""Of a probability: the contract's numbers of 32 bits would make 0.8999999761581421 of 0.9, which no one asks for."""


def labels_of(message: labels_pb2.Labels) -> Labels:
    """The labels; one that only a newer contract knows is left out."""
    intents = [Label(name, round(each.probability, _DECIMALS)) for each in message.intents if (name := INTENT.name(each.intent))]
    aspects = [Label(name, round(each.probability, _DECIMALS)) for each in message.aspects if (name := ASPECT.name(each.aspect))]
    areas = [Label(name, round(each.probability, _DECIMALS)) for each in message.focus_areas if (name := FOCUS_AREA.name(each.focus_area))]
    themes = [Label(name, round(each.probability, _DECIMALS)) for each in message.sensitivities if (name := SENSITIVITY.name(each.sensitivity))]
    entities = [Entity(ENTITY_KIND.name(each.kind), each.name, each.role, each.size) for each in message.entities]
    places = [Region(each.code, each.name, REGION_BASIS.name(each.basis), round(each.probability, _DECIMALS)) for each in message.regions]
    offensive = round(message.offensive, _DECIMALS)
    return Labels(tuple(intents), tuple(aspects), tuple(areas), tuple(themes), offensive, tuple(entities), tuple(places))


def write_labels(message: labels_pb2.Labels, labels: Labels) -> None:
    """Writes the labels into an empty message."""
    for intent, probability in labels.intents:
        message.intents.add(intent=INTENT.number(intent), probability=probability)
    for aspect, probability in labels.aspects:
        message.aspects.add(aspect=ASPECT.number(aspect), probability=probability)
    for focus_area, probability in labels.focus_areas:
        message.focus_areas.add(focus_area=FOCUS_AREA.number(focus_area), probability=probability)
    for sensitivity, probability in labels.sensitivities:
        message.sensitivities.add(sensitivity=SENSITIVITY.number(sensitivity), probability=probability)
    message.offensive = labels.offensive
    for kind, name, role, size in labels.entities:
        message.entities.add(kind=ENTITY_KIND.number(kind), name=name, role=role, size=size)
    for code, name, basis, probability in labels.regions:
        message.regions.add(code=code, name=name, basis=REGION_BASIS.number(basis), probability=probability)
