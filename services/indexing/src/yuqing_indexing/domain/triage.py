"""The rules of the queue: who may take a mention, give it back, be done with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from yuqing_indexing.domain.by_hand import Triage, TriageState
from yuqing_text.normal import normalize

MOST_TAGS: Final = 50


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Who leads may also give back and finish what others took."""

    person: str
    leads: bool = False


class TriageRefused(Exception):
    """The queue's rules do not allow it; `assignee` is who has the mention, where somebody has."""

    def __init__(self, reason: str, detail: str, *, assignee: str = "") -> None:
        super().__init__(detail)
        self.reason, self.assignee = reason, assignee


Change: TypeAlias = Callable[[Triage, Actor], Triage]
"""Gives the place in the queue that follows; the same object where nothing changes. Errors: TriageRefused."""


def opened(triage: Triage, _actor: Actor) -> Triage:
    """Put into the queue, also again after it was done with."""
    if triage.state is TriageState.OPEN:
        return triage
    if triage.state is TriageState.TAKEN:
        raise _taken_already(triage)
    return replace(triage, state=TriageState.OPEN, assignee="")


def taken(triage: Triage, actor: Actor) -> Triage:
    """Taken by the actor, whether or not it was in the queue before. Of two the first one has it."""
    if triage.state is TriageState.TAKEN:
        if triage.assignee == actor.person:
            return triage
        raise _taken_already(triage)
    if triage.state is TriageState.DONE:
        raise TriageRefused("ALREADY_DONE", f"{triage.assignee} is done with it: open it again first", assignee=triage.assignee)
    return replace(triage, state=TriageState.TAKEN, assignee=actor.person)


def given_back(triage: Triage, actor: Actor) -> Triage:
    """Open again, for somebody else."""
    if triage.state is not TriageState.TAKEN:
        raise TriageRefused("NOT_TAKEN", "nobody has taken it")
    _check_hands(triage, actor)
    return replace(triage, state=TriageState.OPEN, assignee="")


def finished(triage: Triage, actor: Actor) -> Triage:
    """Done with; who finishes what nobody took has taken it by that."""
    if triage.state is TriageState.DONE:
        return triage
    if triage.state is TriageState.TAKEN:
        _check_hands(triage, actor)
        return replace(triage, state=TriageState.DONE)
    return replace(triage, state=TriageState.DONE, assignee=actor.person)


def tagged(add: Iterable[str], remove: Iterable[str]) -> Change:
    """With further tags and without others; they are kept in normal form, sorted. Errors of the change: TriageRefused."""
    added, removed = set(map(tag_of, add)), set(map(tag_of, remove))

    def change(triage: Triage, _actor: Actor) -> Triage:
        tags = tuple(sorted((set(triage.tags) | added) - removed - {""}))
        if len(tags) > MOST_TAGS:
            raise TriageRefused("TOO_MANY_TAGS", f"a mention has at most {MOST_TAGS} tags")
        return triage if tags == triage.tags else replace(triage, tags=tags)

    return change


def tag_of(text: str) -> str:
    """The tag that somebody means."""
    return normalize(text).strip()


def _check_hands(triage: Triage, actor: Actor) -> None:
    if triage.assignee != actor.person and not actor.leads:
        raise _taken_already(triage)


def _taken_already(triage: Triage) -> TriageRefused:
    return TriageRefused("ALREADY_TAKEN", f"{triage.assignee} has taken it", assignee=triage.assignee)
