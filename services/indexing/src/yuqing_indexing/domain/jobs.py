"""Jobs: long work over stored mentions that goes on after a restart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


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
    """The backfill of a topic. `total` mentions were found to need a change so far, and `done` of them were looked after."""

    id: str
    topic: str
    state: JobState
    total: int
    done: int
    detail: str
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> str:
        """The resource name."""
        return f"jobs/{self.id}"
