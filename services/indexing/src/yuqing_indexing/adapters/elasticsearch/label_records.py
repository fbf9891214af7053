"""Labels as JSON of the index, and back: names and keys to be searched and counted by, and all of them to be shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from yuqing_indexing.domain.labels import Entity, Label, Labels, Region, province_of
from yuqing_text.normal import normalize

DERIVED_OF_LABELS = ("intent", "aspect", "focus_area", "sensitivity", "offensive", "entity", "entity_normal", "province")
"""Fields that are made of `labels`."""
_Kept = Mapping[str, Any]
"""`labels` as it stands in the index: rows of each kind, which are read again but not searched."""


def label_fields(labels: Labels) -> dict[str, Any]:
    """The fields of the labels; what is empty is left out."""
    record: dict[str, Any] = {"offensive": labels.offensive}
    kept: dict[str, Any] = {"offensive": labels.offensive}
    if labels.intents:
        record["intent"], kept["intents"] = _names(labels.intents)
    if labels.aspects:
        record["aspect"], kept["aspects"] = _names(labels.aspects)
    if labels.focus_areas:
        record["focus_area"], kept["focus_areas"] = _names(labels.focus_areas)
    if labels.sensitivities:
        record["sensitivity"], kept["sensitivities"] = _names(labels.sensitivities)
    if labels.entities:
        record["entity"] = [entity.name for entity in labels.entities]
        record["entity_normal"] = [normalize(entity.name) for entity in labels.entities]
        kept["entities"] = list(map(list, labels.entities))
    if labels.regions:
        record["province"] = list({province_of(region.name): None for region in labels.regions})
        kept["regions"] = list(map(list, labels.regions))
    record["labels"] = kept
    return record


def labels_of(kept: _Kept) -> Labels:
    """The labels that `labels` of the index holds."""
    return Labels(
        intents=_labels(kept, "intents"),
        aspects=_labels(kept, "aspects"),
        focus_areas=_labels(kept, "focus_areas"),
        sensitivities=_labels(kept, "sensitivities"),
        offensive=kept.get("offensive", 0.0),
        entities=tuple(Entity(*row) for row in kept.get("entities", ())),
        regions=tuple(Region(*row) for row in kept.get("regions", ())),
    )


def _names(labels: Sequence[Label]) -> tuple[list[str], list[list[Any]]]:
    return [name for name, _ in labels], [[name, probability] for name, probability in labels]


def _labels(kept: _Kept, kind: str) -> tuple[Label, ...]:
    return tuple(Label(*row) for row in kept.get(kind, ()))
