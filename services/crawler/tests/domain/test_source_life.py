"""When a source is fetched next, and how it stands."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.health import HealthState, RunTally, is_silent, standing, usual_per_day
from yuqing_crawler.domain.outcomes import Outcome, of_status
from yuqing_crawler.domain.runs import judge
from yuqing_crawler.domain.schedule import Bounds, next_interval, retry_interval
from yuqing_crawler.domain.source import Standing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOUNDS = Bounds(60, 3600)


@pytest.mark.parametrize(("new_items", "expected"), [(0, 900), (1, 600), (5, 300)])
def test_the_interval_follows_when_more_or_less_comes(new_items: int, expected: float) -> None:
    assert next_interval(600, BOUNDS, new_items=new_items) == expected


@given(st.lists(st.integers(0, 50), max_size=60))
def test_the_interval_stays_within_its_bounds_when_anything_comes(runs: list[int]) -> None:
    interval = 60.0
    for new_items in runs:
        interval = next_interval(interval, BOUNDS, new_items=new_items)
        assert 60 <= interval <= 3600


def test_failures_are_retried_ever_later_when_they_go_on() -> None:
    assert [retry_interval(BOUNDS, failures=number) for number in (1, 2, 3, 20)] == [120, 240, 480, 3600]


@pytest.mark.parametrize("bounds", [Bounds(0.5, 60), Bounds(60, 30), Bounds(60, 10**8)])
def test_bounds_are_refused_when_they_cannot_be(bounds: Bounds) -> None:
    assert bounds.problem()


def test_a_source_is_blocked_when_basis_or_owner_is_missing() -> None:
    assert standing(legal_basis=" ", owner="people/a", paused=True) is HealthState.BLOCKED
    assert standing(legal_basis="x", owner="", paused=False) is HealthState.BLOCKED
    assert standing(legal_basis="x", owner="people/a", paused=True) is HealthState.PAUSED
    assert standing(legal_basis="x", owner="people/a", paused=False) is None


def test_a_source_is_silent_when_far_less_than_usual_comes() -> None:
    assert is_silent(1, usual_per_day([40, 0, 50, 45]), days_known=4)
    assert not is_silent(20, 45, days_known=4)
    assert not is_silent(0, 3, days_known=30)
    assert not is_silent(0, 45, days_known=2)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, None),
        (206, None),
        (304, Outcome.NOT_MODIFIED),
        (302, Outcome.REDIRECTS),
        (401, Outcome.LOGIN),
        (403, Outcome.LOGIN),
        (404, Outcome.HTTP_4XX),
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.HTTP_5XX),
        (503, Outcome.RATE_LIMITED),
    ],
)
def test_a_status_has_one_outcome_when_it_decides(status: int, outcome: Outcome | None) -> None:
    assert of_status(status) is outcome


def failed(outcome: Outcome, **changes: object) -> RunTally:
    return replace(RunTally(outcomes=Counter([outcome]), start_failed=outcome), **changes)  # type: ignore[arg-type]


def test_a_run_that_goes_well_makes_a_source_healthy_when_it_failed_before(make_source) -> None:
    before = Standing(state=HealthState.FAILING, interval_seconds=60, failures=4)
    tally = RunTally(outcomes=Counter([Outcome.STORED]), new_items=1, lags_seconds=[5, 9, 7])
    after, pause = judge(make_source(), before, tally, days_known=0, now=NOW)
    assert (after.state, after.failures, after.last_success_at, after.lag_seconds) == (HealthState.HEALTHY, 0, NOW, 7)
    assert 50 <= pause <= 70


def test_a_source_is_failing_only_when_it_failed_three_times(make_source) -> None:
    standing_now = Standing(state=HealthState.HEALTHY, interval_seconds=60)
    states = []
    for _ in range(3):
        standing_now, _pause = judge(make_source(), standing_now, failed(Outcome.TIMEOUT), days_known=0, now=NOW)
        states.append(standing_now.state)
    assert states == [HealthState.HEALTHY, HealthState.HEALTHY, HealthState.FAILING]
    assert standing_now.errors == {"timeout": 1}


def test_a_source_is_refused_at_once_when_robots_forbid(make_source) -> None:
    after, pause = judge(make_source(), Standing(interval_seconds=60), failed(Outcome.ROBOTS), days_known=0, now=NOW)
    assert after.state is HealthState.REFUSED
    assert pause > 3000


def test_a_run_waits_when_the_host_wants_to_be_left_alone(make_source) -> None:
    tally = failed(Outcome.RATE_LIMITED, hold_seconds=7200.0)
    assert judge(make_source(), Standing(interval_seconds=60), tally, days_known=0, now=NOW)[1] == 7200


def test_a_held_host_is_no_failure_when_the_run_could_not_ask(make_source) -> None:
    after, _ = judge(make_source(), Standing(interval_seconds=60, failures=2), failed(Outcome.HELD), days_known=0, now=NOW)
    assert after.failures == 2


def test_a_run_goes_on_at_once_when_its_limit_ended_it(make_source) -> None:
    tally = RunTally(outcomes=Counter([Outcome.STORED]), new_items=9, unfinished=True)
    assert judge(make_source(), Standing(interval_seconds=600), tally, days_known=0, now=NOW)[1] == 0


def test_a_paused_source_stays_paused_when_its_run_ends(make_source) -> None:
    before = Standing(state=HealthState.PAUSED, interval_seconds=60)
    assert judge(make_source(), before, RunTally(), days_known=0, now=NOW)[0].state is HealthState.PAUSED


def test_a_source_falls_silent_when_it_answers_and_gives_nothing(make_source) -> None:
    before = Standing(state=HealthState.HEALTHY, interval_seconds=60, items_last_day=0, items_usual_per_day=30)
    after, _ = judge(make_source(), before, RunTally(outcomes=Counter([Outcome.UNCHANGED])), days_known=10, now=NOW + timedelta(0))
    assert after.state is HealthState.SILENT
