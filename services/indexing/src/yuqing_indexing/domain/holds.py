"""Legal holds: what they cover is neither erased nor dropped with its month."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

Held = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Gives those of the mentions that are under a hold."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold. `query` and `job` are of one that was put on what a query finds; `release_time` is None as long as it stands."""

    id: str
    reason: str
    author: str
    create_time: datetime
    query: str = ""
    job: str = ""
    released_by: str = ""
    release_time: datetime | None = None
    release_reason: str = ""

    @property
    def name(self) -> str:
        """The resource name."""
        return hold_name(self.id)


def hold_name(hold: str) -> str:
    """The resource name of the hold with this id."""
    return f"legalHolds/{hold}"
