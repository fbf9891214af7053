"""How fast something is taken up, by what was observed of it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.document import Counts, Document
from yuqing_indexing.domain.speed import Observed, Speed, Trend, spans_between, speed_of, speed_of_all, speed_of_mentions, speed_since_publication

START = datetime(2024, 5, 1, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


def document(hours, **fields):
    return Document(source="sources/a", site="e.test", fetched=at(hours), **fields)


def likes(hours, count):
    return at(hours), Counts(likes=count)


def test_speed_is_what_came_between_two_fetches_and_rises_when_it_is_more_than_before():
    speed = speed_of(document(4, counts=Counts(likes=100), published=START), [likes(2, 10)])
    assert [(span.start, span.end, span.size, span.per_hour) for span in speed.spans] == [(at(0), at(2), 10, 5.0), (at(2), at(4), 90, 45.0)]
    assert (speed.now, speed.before, speed.since_publication, speed.trend) == (45.0, 5.0, 25.0, Trend.RISING)


@pytest.mark.parametrize(
    ("before", "now", "trend"),
    [
        (100, 125, Trend.RISING),
        (100, 124, Trend.STEADY),
        (100, 81, Trend.STEADY),
        (100, 80, Trend.FALLING),
        (0, 0, Trend.STEADY),
        (0, 1, Trend.RISING),
    ],
)
def test_a_trend_is_told_by_a_quarter_more_or_a_fifth_less(before, now, trend):
    assert Speed(float(now), float(before)).trend is trend
    assert Speed(float(now)).trend is None


def test_fetches_within_an_hour_are_put_together():
    speed = speed_of(document(3, counts=Counts(likes=40)), [likes(0, 0), likes(2, 20), likes(2.5, 30), likes(1.9, 19)])
    assert [(span.start, span.end, span.size) for span in speed.spans] == [(at(0), at(2), 20), (at(2), at(3), 20)]


def test_the_start_is_not_counted_from_when_a_date_has_no_hour_or_counts_differ_in_kind():
    assert speed_of(document(3, counts=Counts(likes=4), published=START, published_precision="day"), []).now is None
    known = speed_of(document(3, counts=Counts(likes=4, comments=1)), [likes(1, 2)])
    assert known.now is None  # how many comments there were then is not known
    assert speed_of(document(3, published=START), [likes(1, 2)]) == Speed()


def test_speed_since_publication_is_of_an_hour_at_least_and_not_known_without_counts_or_time():
    assert speed_since_publication(document(0.1, counts=Counts(likes=6), published=START)) == 6.0
    assert speed_since_publication(document(3, counts=Counts(comments=6, views=100), published=START)) == 2.0
    assert speed_since_publication(document(3, counts=Counts(views=100), published=START)) is None
    assert speed_since_publication(document(3, counts=Counts(likes=6))) is None


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 1000)), min_size=1, max_size=12, unique_by=lambda point: point[0]))
def test_spans_follow_one_another_and_add_up_when_fetches_are_any(points):
    observed = [Observed(START + timedelta(minutes=minutes), size) for minutes, size in sorted(points)]
    spans = spans_between(observed)
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert all(span.end - span.start >= timedelta(hours=1) for span in spans[1:])
    if spans:
        assert spans[-1].end == observed[-1].time
        first = next(each for each in observed if each.time == spans[0].start)
        assert sum(span.size for span in spans) == observed[-1].size - first.size
    else:
        assert len(observed) == 1


def test_the_speed_of_a_story_is_the_sum_of_its_mentions():
    speeds = [Speed(10.0, 5.0, 8.0), Speed(2.0, None, 2.0), Speed()]
    assert speed_of_all(speeds) == Speed(12.0, 5.0, 10.0)
    assert speed_of_all([Speed()]) == Speed()


def test_mentions_are_counted_by_the_hours_up_to_the_newest():
    speed = speed_of_mentions([at(0), at(0.5), at(2.9), at(3), at(2.2)])
    assert [span.size for span in speed.spans] == [1, 1, 0, 3]
    assert (speed.now, speed.before, speed.trend) == (3.0, 0.0, Trend.RISING)
    assert speed.since_publication == pytest.approx(5 / 3)
    assert speed_of_mentions([at(0)]).spans[0].size == 1
    assert speed_of_mentions([]) == Speed()
