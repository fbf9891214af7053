"""Times are read as pages write them, and never invented."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.document import Precision
from yuqing_crawler.domain.times import SHANGHAI, parse_time

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=SHANGHAI)  # a Tuesday

STATED = [
    ("刚刚", "2026-11-24T20:00:00+08:00"),
    ("3分钟前", "2026-11-24T19:57:00+08:00"),
    ("3分鐘前", "2026-11-24T19:57:00+08:00"),
    ("發佈時間：2024年3月1號 下午3點半", "2024-03-01T15:30:00+08:00"),
    ("半小时前", "2026-11-24T19:30:00+08:00"),
    ("两个小时前", "2026-11-24T18:00:00+08:00"),
    ("3天前", "2026-11-21"),
    ("今天 08:10", "2026-11-24T08:10:00+08:00"),
    ("昨天14:05", "2026-11-23T14:05:00+08:00"),
    ("前天", "2026-11-22"),
    ("星期三", "2026-11-18"),
    ("上周三 下午2点半", "2026-11-18T14:30:00+08:00"),
    ("11-24 14:05", "2026-11-24T14:05:00+08:00"),
    ("11-25 14:05", "2025-11-25T14:05:00+08:00"),
    ("12-31", "2025-12-31"),
    ("02-29 08:00", "2024-02-29T08:00:00+08:00"),
    ("14:05", "2026-11-24T14:05:00+08:00"),
    ("2024年3月1日", "2024-03-01"),
    ("2024年3月1日 下午3:05", "2024-03-01T15:05:00+08:00"),
    ("2024年3月1日星期五 15:05", "2024-03-01T15:05:00+08:00"),
    ("2024年3月1日15时", "2024-03-01T15:00:00+08:00"),
    ("2024-03-01T08:00:00+08:00", "2024-03-01T08:00:00+08:00"),
    ("2024-03-01T08:00:00.5Z", "2024-03-01T16:00:00+08:00"),
    ("Fri, 01 Mar 2024 08:00:00 GMT", "2024-03-01T16:00:00+08:00"),
    ("Sat Mar 02 10:11:12 +0800 2024", "2024-03-02T10:11:12+08:00"),
    ("March 1, 2024 3:05 PM", "2024-03-01T15:05:00+08:00"),
    ("1709251200", "2024-03-01T08:00:00+08:00"),
    ("1709251200000", "2024-03-01T08:00:00+08:00"),
    ("2024/3/1 8:5", "2024-03-01T08:05:00+08:00"),
    ("2024-03-0108:10:12", "2024-03-01T08:10:12+08:00"),
    ("二〇二四年三月一日", "2024-03-01"),
    ("十二月二十五日 晚上8点半", "2025-12-25T20:30:00+08:00"),
    ("１１月２４日", "2026-11-24"),
    ("发布时间：2019年09月18日 08:08  来源：日报", "2019-09-18T08:08:00+08:00"),
    ("2019-09-26 12:11来源：时报", "2019-09-26T12:11:00+08:00"),
    ("3 minutes ago", "2026-11-24T19:57:00+08:00"),
    ("昨天晚上12点", "2026-11-23"),
]


@pytest.mark.parametrize(("text", "stated"), STATED)
def test_time_is_read_when_form_is_known(text: str, stated: str) -> None:
    parsed = parse_time(text, NOW)
    assert parsed is not None
    assert parsed.stated() == stated


NOT_TIMES = [
    "",
    "hello",
    "晚上9点",
    "2024年3月",
    "2024-02-31",
    "2027-01-01",
    "2027年01月01日 08:00",
    "03/04/2024",
    "192.168.1.1",
    "周刊",
    "今天 23:10",
    "1.2.3",
]


@pytest.mark.parametrize("text", NOT_TIMES)
def test_nothing_is_read_when_text_is_no_time_or_ambiguous_or_ahead(text: str) -> None:
    assert parse_time(text, NOW) is None


def test_plain_hour_is_of_the_source_when_zone_is_given() -> None:
    parsed = parse_time("2024-03-01 08:00", NOW, ZoneInfo("America/New_York"))
    assert parsed is not None
    assert parsed.at == datetime(2024, 3, 1, 13, 0, tzinfo=UTC)


def test_day_starts_in_the_zone_of_the_source_when_no_hour_is_given() -> None:
    parsed = parse_time("2024年3月1日", NOW)
    assert parsed is not None
    assert (parsed.at, parsed.precision) == (datetime(2024, 2, 29, 16, 0, tzinfo=UTC), Precision.DAY)


MOMENTS = st.integers(946_684_800, 2_082_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, SHANGHAI))


@given(MOMENTS, st.integers(1, 12), st.integers(1, 31), st.integers(0, 23), st.integers(0, 59))
def test_inferred_year_is_never_in_the_future_when_only_month_and_day_are_given(now: datetime, month: int, day: int, hour: int, minute: int) -> None:
    parsed = parse_time(f"{month}月{day}日 {hour:02d}:{minute:02d}", now)
    if parsed is not None:
        assert now - timedelta(days=366 * 8 + 1) < parsed.at <= now


@given(st.sampled_from(["周一", "周日", "上周五", "昨天", "前天 23:59", "今天", "23:59", "12-31", "5分钟前", "星期六 18:00"]), MOMENTS)
def test_relative_time_is_never_in_the_future_when_clock_is_any(text: str, now: datetime) -> None:
    parsed = parse_time(text, now)
    assert parsed is None or parsed.at <= now


@given(st.integers(788_918_400, 1_793_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, SHANGHAI)))
def test_what_is_stated_is_read_back_when_written_in_any_full_form(at: datetime) -> None:
    for text in (at.isoformat(), f"{at:%Y年%m月%d日 %H:%M:%S}", f"{at:%a, %d %b %Y %H:%M:%S +0800}", f"{at:%Y/%m/%d %H时%M分%S秒}"):
        parsed = parse_time(text, NOW)
        assert parsed is not None
        assert (parsed.at, parsed.precision) == (at, Precision.SECOND)


@given(st.text(max_size=60) | st.text(alphabet="0123456789年月日时分秒前天周星期:-/ .上下午一二三十", max_size=40))
def test_reading_never_fails_when_text_is_anything(text: str) -> None:
    parsed = parse_time(text, NOW)
    assert parsed is None or parsed.at.tzinfo is UTC
