"""What a run means for its source: its state, and when it is fetched next."""

from dataclasses import replace
from datetime import datetime

from yuqing_crawler.domain import health, schedule
from yuqing_crawler.domain.health import HealthState, RunTally
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.domain.source import Source, Standing

CATCH_UP_SECONDS = 0.0
"""A run that stopped at its limit of pages goes on after so long."""


def judge(source: Source, before: Standing, tally: RunTally, *, days_known: int, now: datetime) -> tuple[Standing, float]:
    """How the source stands after a run, and in how many seconds the next run is. `before` has the items up to now."""
    failures = 0 if tally.succeeded else before.failures + (tally.start_failed is not Outcome.HELD)
    silent = health.is_silent(before.items_last_day, before.items_usual_per_day, days_known)
    state = health.state_after(tally, failures=failures, silent=silent) or before.state
    if before.state in (HealthState.PAUSED, HealthState.BLOCKED):
        state = before.state
    interval = before.interval_seconds
    if tally.succeeded:
        interval = schedule.next_interval(interval, source.bounds, new_items=tally.new_items)
    after = replace(
        before,
        state=state,
        interval_seconds=interval,
        last_success_at=now if tally.succeeded else before.last_success_at,
        failures=failures,
        errors=tally.errors,
        detail=tally.detail,
        lag_seconds=tally.lag_seconds if tally.lags_seconds else before.lag_seconds,
    )
    return after, max(_pause(source, tally, interval, failures, state), tally.hold_seconds)


def _pause(source: Source, tally: RunTally, interval: float, failures: int, state: HealthState) -> float:
    if not tally.succeeded:
        refused = state is HealthState.REFUSED
        return schedule.spread(source.maximum_interval_seconds if refused else schedule.retry_interval(source.bounds, failures=failures))
    return min(interval, CATCH_UP_SECONDS) if tally.unfinished else schedule.spread(interval)
