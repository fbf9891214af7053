"""Puts together the names that mean the same: the full name and its short forms, a person's name and surname with role; and counts them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from yuqing_scoring.domain.entities.naming import NameMention
from yuqing_scoring.domain.labels.text_labels import Entity, EntityKind

MOST_ENTITIES: Final = 30
_SHORTEST_SHORT_FORM: Final = 2


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity, and all places [start, end) where the text names it."""

    entity: Entity
    spans: Sequence[tuple[int, int]]


def entities(original: str, normal: str, mentions: Iterable[NameMention]) -> list[FoundEntity]:
    """At most MOST_ENTITIES, those named most first, then in the order of the text. Of overlapping mentions the longest counts."""
    groups: list[list[NameMention]] = []
    for mention in _apart(mentions):
        same = next((group for group in groups if _same(group[0], mention)), None)
        if same is None:
            groups.append([mention])
        else:
            same.append(mention)
    taken = sorted((mention.start, mention.end) for group in groups for mention in group)
    found = [_entity(original, normal, group, taken) for group in groups]
    return sorted(found, key=lambda each: (-each.entity.size, each.spans[0]))[:MOST_ENTITIES]


def _apart(mentions: Iterable[NameMention]) -> list[NameMention]:
    """Mentions that do not overlap, in the order of the text."""
    kept: list[NameMention] = []
    for mention in sorted(mentions, key=lambda each: (each.start, -each.end)):
        if kept and mention.start < kept[-1].end:
            if mention.end - mention.start > kept[-1].end - kept[-1].start:
                kept[-1] = mention
        else:
            kept.append(mention)
    return kept


def _same(one: NameMention, other: NameMention) -> bool:
    if one.kind is not other.kind:
        return False
    if one.core == other.core:
        return True
    if one.kind is EntityKind.PERSON:
        return _is_surname_with_role(one, other) or _is_surname_with_role(other, one)
    return False


def _is_surname_with_role(short: NameMention, full: NameMention) -> bool:
    """苗校长 for 苗得雨, whom the text calls 校长."""
    return bool(full.role) and short.core == full.core[0] + full.role


def _entity(original: str, normal: str, group: Sequence[NameMention], taken: Sequence[tuple[int, int]]) -> FoundEntity:
    first = group[0]
    spans = [(mention.start, mention.end) for mention in group]
    spans += [span for span in _short_forms(normal, group) if not any(start < span[1] and span[0] < end for start, end in taken)]
    spans.sort()
    role = next((mention.role for mention in group if mention.role), "")
    name = original[first.start : first.end] if spans[0] == (first.start, first.end) else original[spans[0][0] : spans[0][1]]
    return FoundEntity(Entity(first.kind, name, role, len(spans)), spans)


def _short_forms(normal: str, group: Sequence[NameMention]) -> Iterator[tuple[int, int]]:
    """Where else the core of a name stands by itself."""
    for core in {mention.core for mention in group}:
        place = normal.find(core) if len(core) >= _SHORTEST_SHORT_FORM else -1
        while place >= 0:
            yield place, place + len(core)
            place = normal.find(core, place + len(core))
