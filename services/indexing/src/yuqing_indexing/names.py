"""The values of the contract's enumerations as the index and the query language spell them: lower case, without the enumeration's name."""

from collections.abc import Iterable
from typing import Final, Generic, Protocol, TypeVar

from yuqing.indexing.v1 import assessment_pb2, document_pb2, mention_pb2
from yuqing.type.v1 import labels_pb2, types_pb2

Number = TypeVar("Number", bound=int)
_Number_co = TypeVar("_Number_co", bound=int, covariant=True)


class _Enumeration(Protocol[_Number_co]):
    def items(self) -> Iterable[tuple[str, _Number_co]]: ...


class Names(Generic[Number]):
    """The names of one enumeration; the unspecified value is the empty name, and so is one that only a newer contract knows."""

    def __init__(self, enumeration: _Enumeration[Number], prefix: str) -> None:
        pairs = [(name.removeprefix(prefix).lower(), number) for name, number in enumeration.items()]
        self._names = {number: name for name, number in pairs if number}
        self._numbers = {name: number for name, number in pairs if number}
        self._unspecified = next(number for _, number in pairs if not number)

    def name(self, number: Number) -> str:
        """`news` for MEDIUM_NEWS."""
        return self._names.get(number, "")

    def number(self, name: str) -> Number:
        """MEDIUM_NEWS for `news`; the unspecified value for any other text."""
        return self._numbers.get(name, self._unspecified)


MEDIUM: Final = Names(types_pb2.Medium, "MEDIUM_")
SENTIMENT: Final = Names(types_pb2.Sentiment, "SENTIMENT_")
PRECISION: Final = Names(types_pb2.TimePrecision, "TIME_PRECISION_")
ITEM_KIND: Final = Names(document_pb2.ItemKind, "ITEM_KIND_")
FACET: Final = Names(mention_pb2.Facet, "FACET_")
INTENT: Final = Names(types_pb2.Intent, "INTENT_")
ASPECT: Final = Names(types_pb2.Aspect, "ASPECT_")
FOCUS_AREA: Final = Names(types_pb2.FocusArea, "FOCUS_AREA_")
SENSITIVITY: Final = Names(types_pb2.Sensitivity, "SENSITIVITY_")
ENTITY_KIND: Final = Names(labels_pb2.EntityKind, "ENTITY_KIND_")
REGION_BASIS: Final = Names(labels_pb2.RegionBasis, "REGION_BASIS_")
INFLUENCE_FACTOR: Final = Names(assessment_pb2.InfluenceFactor, "INFLUENCE_FACTOR_")
RISK_FACTOR: Final = Names(assessment_pb2.RiskFactor, "RISK_FACTOR_")
