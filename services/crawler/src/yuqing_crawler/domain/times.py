"""Reads the time that a page gives for its publication, in Chinese and general forms, without inventing what it does not say."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from yuqing_crawler.domain.clocks import CLOCK, Clock, read_clock, to_digits
from yuqing_crawler.domain.document import Precision
from yuqing_crawler.domain.labels import plain

SHANGHAI = ZoneInfo("Asia/Shanghai")
_LONGEST = 200
_EARLIEST_YEAR = 1990
_SKEW = timedelta(minutes=10)
"""How far another clock may run ahead of ours before a time without year or day counts as lying in the future."""
_FARTHEST_AHEAD = timedelta(hours=24)
"""A full date may be ahead by a wrong zone; farther ahead it is the time of something else (an event, an offer)."""


@dataclass(frozen=True, slots=True)
class PublishedTime:
    """A time with how exact it is. `at` is aware, in UTC; with precision `day` it is the start of the day in the source's zone.

    Of 'three hours ago' it is exact to the rounding of those words.
    """

    at: datetime
    precision: Precision

    def stated(self, zone: ZoneInfo = SHANGHAI) -> str:
        """RFC 3339 in the given zone, or only the day where no hour is known."""
        local = self.at.astimezone(zone)
        return local.date().isoformat() if self.precision is Precision.DAY else local.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a form is resolved against: the moment of the fetch, in the source's zone."""

    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def on(self, day: date, clock: Clock | None) -> PublishedTime:
        """The moment of a clock on a day; without clock, the day."""
        if clock is None:
            return PublishedTime(datetime.combine(day, time(), self.now.tzinfo).astimezone(UTC), Precision.DAY)
        zone = clock.zone or self.now.tzinfo
        at = datetime.combine(day, time(clock.hour, clock.minute, clock.second), zone)
        return PublishedTime(at.astimezone(UTC), Precision.SECOND if clock.to_the_second else Precision.MINUTE)

    def not_ahead(self, found: PublishedTime | None) -> PublishedTime | None:
        """The time if it is not in the future; ahead only by clock skew, it is now."""
        if found is None or found.at > self.now + _SKEW:
            return None
        return found if found.at <= self.now else PublishedTime(self.now.replace(second=0, microsecond=0).astimezone(UTC), found.precision)


_Resolve = Callable[[re.Match[str], _Frame], PublishedTime | None]


def parse_time(text: str, now: datetime, zone: ZoneInfo = SHANGHAI) -> PublishedTime | None:
    """The first time that the text gives, or None.

    `now` (aware) is the time of the fetch: what 'ago', a weekday or a missing year is counted from. `zone` is the source's, for
    times that name none. A time without year is never read as one in the future, a date without hour never gets an hour.
    """
    squeezed = to_digits(plain(" ".join(text[:_LONGEST].split())))
    if not squeezed:
        return None
    frame = _Frame(now.astimezone(zone))
    found: list[tuple[int, int, PublishedTime]] = []
    for order, (pattern, resolve) in enumerate(_FORMS):
        match = pattern.search(squeezed)
        if match is not None:
            resolved = _guarded(resolve, match, frame)
            if resolved is not None:
                found.append((match.start(), order, resolved))
    return min(found, key=lambda each: each[:2])[2] if found else None


def _guarded(resolve: _Resolve, match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    try:
        found = resolve(match, frame)
    except (ValueError, OverflowError):  # the 31st of February, the year 90000
        return None
    if found is None or found.at > frame.now + _FARTHEST_AHEAD or found.at.year < _EARLIEST_YEAR:
        return None
    return found


def _full_date(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    return frame.on(day, read_clock(match))


def _short_year(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    day = date(2000 + int(match["year"]), int(match["month"]), int(match["day"]))
    return frame.on(day, read_clock(match))


def _named_month(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    month = _MONTHS.index(match["name"][:3].lower()) + 1
    day = date(int(match["year"]), month, int(match["day"]))
    return frame.on(day, read_clock(match))


def _month_and_day(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    """The latest year in which this day is not in the future."""
    month, day, clock = int(match["month"]), int(match["day"]), read_clock(match)
    for year in range(frame.today.year, frame.today.year - 9, -1):
        try:
            found = frame.not_ahead(frame.on(date(year, month, day), clock))
        except ValueError:  # 29 February of another year
            continue
        if found is not None:
            return found
    return None


_DAYS_BACK = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2, "前日": 2, "大前天": 3}


def _near_day(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    day = frame.today - timedelta(days=_DAYS_BACK[match["word"].lower()])
    return frame.not_ahead(frame.on(day, read_clock(match)))


def _weekday(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    wanted = "一二三四五六日".index(match["weekday"].replace("天", "日"))
    back = (frame.today.weekday() - wanted) % 7
    if match["which"]:  # 上周三: of the week before, counted from Monday
        back = frame.today.weekday() - wanted + 7
    clock = read_clock(match)
    found = frame.not_ahead(frame.on(frame.today - timedelta(days=back), clock))
    return found or frame.not_ahead(frame.on(frame.today - timedelta(days=back + 7), clock))


_SECONDS = {"秒": 1, "分": 60, "时": 3600, "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600}
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "月": 30, "年": 365, "day": 1, "week": 7, "month": 30, "year": 365}


def _ago(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    amount = 1 if match["amount"].lower() in ("a", "an") else int(match["amount"])
    unit = match["unit"].lower()
    if unit in _SECONDS:
        at = frame.now - timedelta(seconds=amount * _SECONDS[unit])
        return _to_the_second(at) if _SECONDS[unit] == 1 else _to_the_minute(at)
    return frame.on(frame.today - timedelta(days=amount * _DAYS[unit]), None)


def _half_hour_ago(_match: re.Match[str], frame: _Frame) -> PublishedTime:
    return _to_the_minute(frame.now - timedelta(minutes=30))


def _just_now(_match: re.Match[str], frame: _Frame) -> PublishedTime:
    return _to_the_minute(frame.now)


def _to_the_minute(at: datetime) -> PublishedTime:
    return PublishedTime(at.replace(second=0, microsecond=0).astimezone(UTC), Precision.MINUTE)


def _to_the_second(at: datetime) -> PublishedTime:
    return PublishedTime(at.replace(microsecond=0).astimezone(UTC), Precision.SECOND)


def _unix(match: re.Match[str], _frame: _Frame) -> PublishedTime:
    return PublishedTime(datetime.fromtimestamp(int(match["unix"]), UTC), Precision.SECOND)


def _clock_alone(match: re.Match[str], frame: _Frame) -> PublishedTime | None:
    """Forums show today's posts by the hour alone."""
    clock = read_clock(match)
    return frame.not_ahead(frame.on(frame.today, clock)) if clock else None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?P<year>\d{4})"
_MONTH = r"(?P<month>\d{1,2})"
_DAY = r"(?P<day>\d{2}(?=\d\d:\d\d)|\d{1,2}(?!\d))"  # 2024-03-0108:10 is what two joined nodes give
_ENGLISH_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MAYBE_CLOCK = rf"(?:[\s,T|()]*(?:(?:星期|周)[一二三四五六日天][\s)]*)?(?:at\s+)?{CLOCK})?"
_BEFORE = r"(?<![\d./年-])(?<!年\s)"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FORMS: tuple[tuple[re.Pattern[str], _Resolve], ...] = (
    (_form(rf"{_BEFORE}{_YEAR}\s?[-/.年년]\s?{_MONTH}\s?[-/.月월]\s?{_DAY}\s?[日号일]?{_MAYBE_CLOCK}"), _full_date),
    (_form(r"^(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?Z?)?$"), _full_date),
    (_form(rf"{_BEFORE}(?P<day>1[3-9]|2\d|3[01])/{_MONTH}/{_YEAR}(?!\d){_MAYBE_CLOCK}"), _full_date),
    (_form(rf"{_BEFORE}{_MONTH}/(?P<day>1[3-9]|2\d|3[01])/{_YEAR}(?!\d){_MAYBE_CLOCK}"), _full_date),
    (_form(rf"{_BEFORE}{_NAME}\s*{_ENGLISH_DAY},?\s+{_YEAR}{_MAYBE_CLOCK}"), _named_month),
    (_form(rf"{_BEFORE}{_ENGLISH_DAY}[\s-]+{_NAME},?[\s-]+{_YEAR}{_MAYBE_CLOCK}"), _named_month),
    (_form(rf"{_NAME}\s+{_ENGLISH_DAY}\s+{CLOCK}\s+{_YEAR}$"), _named_month),
    (_form(r"^(?P<unix>1\d{9})(?:\d{3})?$"), _unix),
    (_form(rf"(?P<word>大前天|今[天日]|昨[天日]|前[天日]|\btoday\b|\byesterday\b){_MAYBE_CLOCK}"), _near_day),
    (_form(r"(?<![\d.])(?P<amount>\d{1,3})\s?个?小?(?P<unit>秒|分|时|天|日|周|星期|月|年)钟?之?前"), _ago),
    (_form(r"\b(?P<amount>\d{1,3}|an?)\s+(?P<unit>second|sec|minute|min|hour|hr|day|week|month|year)s?\s+ago\b"), _ago),
    (_form(r"半个?小时之?前"), _half_hour_ago),
    (_form(r"刚刚|刚才|片刻前|\bjust now\b"), _just_now),
    (_form(rf"(?P<which>上个?)?(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])(?!刊|报|记|边|年){_MAYBE_CLOCK}"), _weekday),
    (_form(rf"{_BEFORE}{_MONTH}\s?月\s?(?P<day>\d{{1,2}})\s?[日号]{_MAYBE_CLOCK}"), _month_and_day),
    (_form(rf"{_BEFORE}{_MONTH}[-/](?P<day>\d{{1,2}})\s+{CLOCK}"), _month_and_day),
    (_form(rf"^{_MONTH}-(?P<day>\d{{1,2}})$"), _month_and_day),
    (_form(rf"{_BEFORE}(?P<year>\d\d)-{_MONTH}-(?P<day>\d{{1,2}})\s+{CLOCK}"), _short_year),
    (_form(rf"^{CLOCK}$"), _clock_alone),
)
