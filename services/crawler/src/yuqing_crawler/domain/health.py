"""How a source fares, judged from its runs: well, failing, refused, or strangely silent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from statistics import median

from yuqing_crawler.domain.outcomes import GOOD, REFUSALS, Outcome

FAILURES_UNTIL_FAILING = 3
SILENT_SHARE = 0.2
"""A day with fewer items than this part of the usual ones is silence …"""
SILENT_FROM_ITEMS = 5.0
"""… where at least so many are usual: with a Poisson mean of 5 such a day comes by chance once in 25, above it ever more seldom."""
SILENT_FROM_DAYS = 3


class HealthState(IntEnum):
    """The contract's states (健康状态)."""

    NEW = 1
    HEALTHY = 2
    FAILING = 3
    SILENT = 4
    REFUSED = 5
    BLOCKED = 6
    PAUSED = 7


@dataclass(slots=True)
class RunTally:
    """What one run of a source came to. `lags_seconds` are from publication to fetch, of the items whose time is exact."""

    outcomes: Counter[Outcome] = field(default_factory=Counter[Outcome])
    new_items: int = 0
    lags_seconds: list[float] = field(default_factory=list[float])
    detail: str = ""
    start_failed: Outcome | None = None
    """How the first page of the run ended, if badly: then the run as a whole failed."""
    hold_seconds: float = 0.0
    """How long the host wants to be left alone."""
    unfinished: bool = False
    """Whether pages are left that the run's limit did not allow."""

    @property
    def errors(self) -> dict[str, int]:
        """The bad ends by kind."""
        return {outcome.value: count for outcome, count in sorted(self.outcomes.items()) if outcome not in GOOD}

    @property
    def succeeded(self) -> bool:
        """Whether the source as such could be read."""
        return self.start_failed is None

    @property
    def lag_seconds(self) -> float | None:
        """Median lag of the run's items."""
        return median(self.lags_seconds) if self.lags_seconds else None


def usual_per_day(items_by_day: Sequence[int]) -> float:
    """The usual number of items a day: the median of the full days before, so that one outburst does not count."""
    return float(median(items_by_day)) if items_by_day else 0.0


def is_silent(items_last_day: int, usual: float, days_known: int) -> bool:
    """Whether a source that answers gives far less than usual."""
    return days_known >= SILENT_FROM_DAYS and usual >= SILENT_FROM_ITEMS and items_last_day < usual * SILENT_SHARE


def state_after(tally: RunTally, *, failures: int, silent: bool) -> HealthState | None:
    """The state after a run; None where it stays as it was (one failure is not yet a state)."""
    if tally.succeeded:
        return HealthState.SILENT if silent else HealthState.HEALTHY
    if tally.start_failed in REFUSALS:
        return HealthState.REFUSED
    return HealthState.FAILING if failures >= FAILURES_UNTIL_FAILING else None


def standing(*, legal_basis: str, owner: str, paused: bool) -> HealthState | None:
    """The state that people's decisions alone give a source; None where it may run."""
    if not (legal_basis.strip() and owner.strip()):
        return HealthState.BLOCKED
    return HealthState.PAUSED if paused else None


def summary(errors: Mapping[str, int]) -> str:
    """The errors of a run in one line for people."""
    return ", ".join(f"{kind} ×{count}" for kind, count in errors.items())
