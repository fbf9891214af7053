"""Jobs: long work over stored mentions that goes on after a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any


class JobKind(Enum):
    """What a job does; the values are the names in the contract."""

    TOPIC_BACKFILL = "TOPIC_BACKFILL"
    CORRECTION = "CORRECTION"
    UNDO = "UNDO"
    RESCORE = "RESCORE"
    HOLD = "HOLD"
    RELEASE = "RELEASE"


BY_PEOPLE = frozenset(JobKind) - {JobKind.TOPIC_BACKFILL}
"""The kinds that people start."""


class JobState(Enum):
    """How far a job is; the values are the names in the contract."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    SUPERSEDED = "SUPERSEDED"
    FAILED = "FAILED"


OPEN_STATES = frozenset({JobState.PENDING, JobState.RUNNING})
KEPT = timedelta(days=90)
"""A job that ended is shown for so long."""


@dataclass(frozen=True, slots=True)
class Job:
    """`total` mentions were found to need a change so far, and `done` of them were looked after.

    `topic` is of a backfill; of what people start, `author` is who did, and `task` what they asked for.
    """

    id: str
    topic: str
    state: JobState
    total: int
    done: int
    detail: str
    create_time: datetime
    update_time: datetime
    kind: JobKind = JobKind.TOPIC_BACKFILL
    author: str = ""
    task: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """The resource name."""
        return f"jobs/{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether it is not at its end."""
        return self.state in OPEN_STATES
