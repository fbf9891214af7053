import pytest

from yuqing.type.v1 import labels_pb2, types_pb2
from yuqing_scoring.domain.labels.text_labels import (
    Aspect,
    Entity,
    EntityKind,
    FocusArea,
    Intent,
    Labelled,
    Region,
    RegionBasis,
    Sensitivity,
    TextLabels,
)
from yuqing_scoring.label_wire import ASPECTS, FOCUS_AREAS, INTENTS, SENSITIVITIES, labels_of


@pytest.mark.parametrize(
    ("numbers", "contract"),
    [
        (INTENTS, types_pb2.Intent),
        (ASPECTS, types_pb2.Aspect),
        (FOCUS_AREAS, types_pb2.FocusArea),
        (SENSITIVITIES, types_pb2.Sensitivity),
    ],
)
def test_every_label_of_the_contract_has_its_own_when_written(numbers, contract):
    assert sorted(numbers.values()) == sorted(number for number in contract.values() if number)


def test_labels_say_all_when_written():
    written = labels_of(
        TextLabels(
            intents=[Labelled(Intent.TIP_OFF, 0.9), Labelled(Intent.COMPLAINT, 0.5)],
            aspects=[Labelled(Aspect.SERVICE, 0.8)],
            focus_areas=[Labelled(FocusArea.LAW, 0.75)],
            sensitivities=[Labelled(Sensitivity.PERSONAL_DATA, 0.625)],
            offensive=0.25,
            entities=[Entity(EntityKind.PERSON, "王某", "店长", 2)],
            regions=[Region("370200", "山东省 青岛市", RegionBasis.TEXT, 0.5)],
        )
    )
    assert [(each.intent, each.probability) for each in written.intents] == [
        (types_pb2.INTENT_TIP_OFF, pytest.approx(0.9)),
        (types_pb2.INTENT_COMPLAINT, 0.5),
    ]
    assert written.aspects[0] == labels_pb2.AspectLabel(aspect=types_pb2.ASPECT_SERVICE, probability=0.8)
    assert written.focus_areas[0] == labels_pb2.FocusAreaLabel(focus_area=types_pb2.FOCUS_AREA_LAW, probability=0.75)
    assert written.sensitivities[0] == labels_pb2.SensitivityLabel(sensitivity=types_pb2.SENSITIVITY_PERSONAL_DATA, probability=0.625)
    assert written.offensive == 0.25
    assert written.entities[0] == labels_pb2.Entity(kind=labels_pb2.ENTITY_KIND_PERSON, name="王某", role="店长", size=2)
    assert written.regions[0] == labels_pb2.Region(code="370200", name="山东省 青岛市", basis=labels_pb2.REGION_BASIS_TEXT, probability=0.5)
