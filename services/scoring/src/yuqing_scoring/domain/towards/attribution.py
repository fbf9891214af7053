"""Finds the clauses that speak of a subject: those that name it, those that follow, until another is named."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yuqing_scoring.domain.entities.lexicon import WordKind, words_of
from yuqing_scoring.domain.labels.text_labels import EntityKind
from yuqing_scoring.domain.names import FoundNames
from yuqing_scoring.domain.towards.cutting import Clause

_POINTS_BACK: Final = re.compile(
    r"该(?:公司|企业|厂|店|校|院|品牌|产品|平台|车型|机构|单位|银行|医院)|其|他们|它们?|这家|那家|这款|厂方|校方|院方|店家|商家|公司|官方|客服|售后"
)
_TURNS_AWAY: Final = re.compile(r"\s*(?:反观|反倒|而(?!且)|相比|另一边|另一方面|幸亏|好在|倒是|隔壁|至于|另外|此外|与此同时|换成|后来|之前)")
_SUFFIXES: Final = words_of(WordKind.COMPANY) | words_of(WordKind.BUSINESS) | words_of(WordKind.TRADE) | words_of(WordKind.INSTITUTION)
_SOMEBODY_ELSE: Final = re.compile(
    r"\s*(?:(?:[^,、:]{0,6}的)?(?:法院|检察院|警方|民警|交警|派出所|消防|政府|街道|社区|居委会|有关部门|监管部门|主管部门|媒体|专家|律师|邮政|那个|那位|隔壁)"
    rf"|[\u4e00-\u9fff]{{2,4}}(?:{'|'.join(sorted(_SUFFIXES, key=len, reverse=True))}))"
)
"""Who is named where a sentence begins, though by no name that is known."""
_LONGEST_REACH: Final = 2
"""So many sentences after its naming a subject is still spoken of where nobody else is named."""
_FADES: Final = 0.6
_PASSED_ON: Final = "//@"
_OF_OWN_WORDS: Final = 0.8
_OTHER_KINDS: Final = frozenset([EntityKind.ORGANISATION, EntityKind.PRODUCT])


class Relation(StrEnum):
    """Why a clause is taken to speak of the subject."""

    NAMED = "named"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A clause that speaks of the subject, and how surely (from 0 to 1)."""

    clause: Clause
    relation: Relation
    sureness: float


Span = tuple[int, int]


def places_of(terms: Iterable[str], normal: str, found: FoundNames) -> tuple[list[Span], list[Span]]:
    """Where the subject is named, by a term or as an entity that a term is in; and where other organisations and products are."""
    subject = [span for term in terms for span in _occurrences(term, normal)]
    others: list[Span] = []
    for entity in found.entities:
        if any(_overlap(span, place) for span in entity.spans for place in subject):
            subject += entity.spans
        elif entity.entity.kind in _OTHER_KINDS:
            others += entity.spans
    return subject, others


def spoken_of(parts: Sequence[Clause], normal: str, subject: Sequence[Span], others: Sequence[Span]) -> list[Spoken]:
    """The clauses that speak of the subject, in order."""
    spoken = _own_words(parts, normal, subject, others)
    sureness = 0.0
    named_in = sentence = -1
    for clause in parts:
        own, other = _first_in(clause, subject), _first_in(clause, others)
        begins, sentence = clause.sentence != sentence, clause.sentence
        if own is not None:
            spoken.append(Spoken(clause, Relation.NAMED, 1.0))
            sureness, named_in = (1.0, sentence) if other is None or own <= other else (0.0, -1)
            continue
        points_back = _POINTS_BACK.match(normal, _begin(normal, clause))
        if other is not None or (begins and not points_back and _is_left(clause, normal, sentence - named_in)):
            sureness = 0.0
        elif begins and not points_back:
            sureness *= _FADES
        if sureness:
            spoken.append(Spoken(clause, Relation.CARRIED, sureness))
    return spoken


def _own_words(parts: Sequence[Clause], normal: str, subject: Sequence[Span], others: Sequence[Span]) -> list[Spoken]:
    """What who passes a text on says of it, where only what is passed on names the subject: `太坑了//@甲:鼎盛物业乱收费`."""
    mark = normal.find(_PASSED_ON)
    own = [clause for clause in parts if clause.end <= mark]
    if any(_first_in(clause, [*subject, *others]) is not None for clause in own) or not any(start > mark for start, _ in subject):
        return []
    return [Spoken(clause, Relation.CARRIED, _OF_OWN_WORDS) for clause in own]


def _is_left(clause: Clause, normal: str, distance: int) -> bool:
    if distance > _LONGEST_REACH or normal.startswith(_PASSED_ON, clause.start):
        return True
    return any(away.match(normal, clause.start, clause.end) for away in (_TURNS_AWAY, _SOMEBODY_ELSE))


def _begin(normal: str, clause: Clause) -> int:
    return next((place for place in range(clause.start, clause.end) if normal[place].isalnum()), clause.start)


def _occurrences(term: str, normal: str) -> list[Span]:
    return [found.span() for found in re.finditer(re.escape(term), normal)] if term else []


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _first_in(clause: Clause, spans: Sequence[Span]) -> int | None:
    return min((start for start, end in spans if start < clause.end and clause.start < end), default=None)
