"""Reads the hour of a day as pages write it (下午3:05, 8点半, 15:05:09 GMT, 3:05 pm) and Chinese numerals in dates."""

import re
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo

CLOCK = (
    r"(?P<part>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜间)?\s?"
    r"(?P<hour>\d{1,2})(?:\s?[时点點](?:\s?(?P<spoken>\d{1,2})\s?分?|(?P<half>半)|整|(?![\d前]))(?:\s?(?P<spoken_second>\d{1,2})\s?秒)?"
    r"|:(?P<minute>\d{1,2})(?!\d)(?::(?P<second>\d{1,2})(?!\d)(?:[.,]\d{1,9})?)?)"
    r"(?:\s?(?P<half_day>[ap]\.?m\b\.?))?(?:\s?(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d(?!\d)))?"
)
"""A pattern with the groups that `read_clock` reads."""

_AFTERNOON = frozenset({"下午", "傍晚", "晚上", "晚间", "夜间"})
_NUMERALS = {**{numeral: value for value, numeral in enumerate("零一二三四五六七八九")}, "〇": 0, "○": 0, "两": 2}
_BEFORE_A_UNIT = re.compile(r"[〇○零一二三四五六七八九十两]+(?=\s?(?:年|月|日|号|时|点|分|秒|个?小时|个月|天|周|星期)(?!报|刊))")
_WIDE = {ord(wide): ord(wide) - 0xFEE0 for wide in "０１２３４５６７８９：－／．"}


@dataclass(frozen=True, slots=True)
class Clock:
    """An hour of a day. `zone` is None where the text names none."""

    hour: int
    minute: int
    second: int
    to_the_second: bool
    zone: tzinfo | None


def read_clock(match: re.Match[str]) -> Clock | None:
    """The hour in a match, or None where it has none or one that could be either end of the day (晚上12点)."""
    found = match.groupdict()
    if not found.get("hour"):
        return None
    hour = _hour(int(found["hour"]), found.get("part") or "", (found.get("half_day") or "").lower())
    if hour is None:
        return None
    minute = 30 if found.get("half") else int(found.get("minute") or found.get("spoken") or 0)
    second = found.get("second") or found.get("spoken_second")
    return Clock(hour, minute, min(int(second or 0), 59), second is not None, _zone(found.get("zone") or ""))


def _hour(hour: int, part: str, half_day: str) -> int | None:
    if hour == 12 and part in ("晚上", "晚间", "夜间"):
        return None
    if half_day:
        return hour % 12 + (12 if half_day.startswith("p") else 0)
    if (part in _AFTERNOON and hour < 12) or (part == "中午" and hour < 3):
        return hour + 12
    if part == "凌晨" and hour == 12:
        return 0
    return hour


def _zone(text: str) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def to_digits(text: str) -> str:
    """Half-width digits and signs, and Chinese numerals before a unit of time as digits: 二〇二四年十二月 → 2024年12月."""
    return _BEFORE_A_UNIT.sub(lambda match: _value(match[0]), text.translate(_WIDE))


def _value(numerals: str) -> str:
    if "十" not in numerals:
        return "".join(str(_NUMERALS[numeral]) for numeral in numerals)
    tens, _, ones = numerals.partition("十")
    if "十" in ones or len(tens) > 1 or len(ones) > 1:
        return numerals
    return str((_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0))
