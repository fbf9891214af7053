"""All labels in one order, with a key that says of which kind each is: `focus_area.safety` and `sensitivity.safety` are two."""

from collections.abc import Mapping, Sequence
from typing import Final

from yuqing_scoring.domain.labels.text_labels import Aspect, FocusArea, Intent, Sensitivity

Label = Intent | Aspect | FocusArea | Sensitivity

KINDS: Final[Mapping[str, Sequence[Label]]] = {
    "intent": tuple(Intent),
    "aspect": tuple(Aspect),
    "focus_area": tuple(FocusArea),
    "sensitivity": tuple(Sensitivity),
}
"""The kinds and their labels, in the order of every table."""

KEYS: Final[Sequence[str]] = tuple(f"{kind}.{label.value}" for kind, labels in KINDS.items() for label in labels)
PLACES: Final[Mapping[str, int]] = {key: place for place, key in enumerate(KEYS)}
LABELS: Final[Sequence[Label]] = tuple(label for labels in KINDS.values() for label in labels)
KIND_OF: Final[Sequence[int]] = tuple(number for number, labels in enumerate(KINDS.values()) for _ in labels)
"""The number of the kind of each label."""
OPINION: Final = PLACES["intent.opinion"]
INTENTS: Final = slice(0, len(Intent))


def places_of(kind: str) -> range:
    """The places of a kind's labels."""
    first = PLACES[f"{kind}.{KINDS[kind][0].value}"]
    return range(first, first + len(KINDS[kind]))
