"""Puts together the names that mean the same: the full name and its short forms, a person's name and surname with role; and counts them."""

from bisect import bisect_left
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
    groups = _groups(_apart(mentions))
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


def _groups(mentions: Sequence[NameMention]) -> list[list[NameMention]]:
    """Mentions of one core, and a surname with role (苗校长) with the name that has it (苗得雨, 校长)."""
    groups: list[list[NameMention]] = []
    by_core: dict[tuple[EntityKind, str], list[NameMention]] = {}
    by_role: dict[str, list[NameMention]] = {}
    for mention in mentions:
        with_role = mention.core[0] + mention.role if mention.kind is EntityKind.PERSON and mention.role else ""
        group = by_core.get((mention.kind, mention.core)) or (by_role.get(mention.core) if mention.kind is EntityKind.PERSON else None)
        group = group or by_core.get((EntityKind.PERSON, with_role))
        if group is None:
            groups.append(group := [mention])
        else:
            group.append(mention)
        by_core.setdefault((mention.kind, mention.core), group)
        if with_role:
            by_role.setdefault(with_role, group)
    return groups


def _entity(original: str, normal: str, group: Sequence[NameMention], taken: Sequence[tuple[int, int]]) -> FoundEntity:
    first = group[0]
    spans = [(mention.start, mention.end) for mention in group]
    spans += [span for span in _short_forms(normal, group) if not _is_taken(span, taken)]
    spans.sort()
    role = next((mention.role for mention in group if mention.role), "")
    name = original[first.start : first.end] if spans[0] == (first.start, first.end) else original[spans[0][0] : spans[0][1]]
    return FoundEntity(Entity(first.kind, name, role, len(spans)), spans)


def _is_taken(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    """Whether one of the spans, which are in order and apart, holds a part of it."""
    after = bisect_left(taken, (span[1], 0))
    return after > 0 and taken[after - 1][1] > span[0]


def _short_forms(normal: str, group: Sequence[NameMention]) -> Iterator[tuple[int, int]]:
    """Where else the core of a name stands by itself."""
    for core in {mention.core for mention in group}:
        place = normal.find(core) if len(core) >= _SHORTEST_SHORT_FORM else -1
        while place >= 0:
            yield place, place + len(core)
            place = normal.find(core, place + len(core))
