"""What a text says beside its sentiment, in the words of the contract: the one form in which all judges of labels hand on what they found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar


class Intent(StrEnum):
    """What the writer wants. 意图"""

    OPINION = "opinion"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"
    TIP_OFF = "tip_off"
    PRAISE = "praise"
    QUESTION = "question"
    NEWS_REPORT = "news_report"
    ADVERTISEMENT = "advertisement"


class Aspect(StrEnum):
    """What of an organisation a text speaks of. 涉及方面"""

    PRODUCT = "product"
    SERVICE = "service"
    BRAND = "brand"
    IMAGE = "image"


class FocusArea(StrEnum):
    """The field that the regulation watches closely. 重点领域"""

    MAJOR_DECISION = "major_decision"
    MAJOR_ACTIVITY = "major_activity"
    PRODUCT_QUALITY = "product_quality"
    SERVICE_LEVEL = "service_level"
    SOCIAL_RESPONSIBILITY = "social_responsibility"
    SAFETY = "safety"
    LABOUR = "labour"
    ENVIRONMENT = "environment"
    LAW = "law"


class Sensitivity(StrEnum):
    """A theme that has to be looked at soon. 敏感主题"""

    SAFETY = "safety"
    MINORS = "minors"
    DEATH = "death"
    LAW = "law"
    PERSONAL_DATA = "personal_data"


class EntityKind(StrEnum):
    """What an entity is. 实体类型"""

    ORGANISATION = "organisation"
    PRODUCT = "product"
    PERSON = "person"


class RegionBasis(StrEnum):
    """What a region follows from. 地区依据"""

    ADDRESS = "address"
    OUTLET = "outlet"
    TEXT = "text"


LabelName = TypeVar("LabelName", Intent, Aspect, FocusArea, Sensitivity)


class Labelled(NamedTuple, Generic[LabelName]):
    """A label, and how probable it is that it is right, from 0 to 1."""

    label: LabelName
    probability: float


@dataclass(frozen=True, slots=True)
class Entity:
    """Who or what is named: `name` as the text writes it first, `role` what it calls a person, `size` how often it names it."""

    kind: EntityKind
    name: str
    role: str = ""
    size: int = 1


@dataclass(frozen=True, slots=True)
class Region:
    """A place: `code` of GB/T 2260 (six digits, empty abroad), `name` from the province down."""

    code: str
    name: str
    basis: RegionBasis
    probability: float


class TextLabels(NamedTuple):
    """All labels of one text; of each kind only what is probable enough to be shown, most probable first. `offensive`: a probability.

    A tuple, as `Labelled` is: they are made for every mention, and a dataclass that cannot be changed takes three times as long to make.
    """

    intents: Sequence[Labelled[Intent]] = ()
    aspects: Sequence[Labelled[Aspect]] = ()
    focus_areas: Sequence[Labelled[FocusArea]] = ()
    sensitivities: Sequence[Labelled[Sensitivity]] = ()
    offensive: float = 0.0
    entities: Sequence[Entity] = ()
    regions: Sequence[Region] = ()
