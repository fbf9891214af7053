"""Writes moments as Chinese pages do: to the minute, to the second, as a date alone, or as how long ago."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(at: datetime) -> datetime:
    """The moment in the town's zone."""
    return at.astimezone(SHANGHAI)


def chinese(at: datetime) -> str:
    """2026年11月24日 14:05."""
    return local(at).strftime("%Y年%m月%d日 %H:%M")


def dashed(at: datetime) -> str:
    """2026-11-24 14:05:33."""
    return local(at).strftime("%Y-%m-%d %H:%M:%S")


def slashed(at: datetime) -> str:
    """2026/11/24 14:05."""
    return local(at).strftime("%Y/%m/%d %H:%M")


def without_year(at: datetime) -> str:
    """11月24日 14:05."""
    return local(at).strftime("%m月%d日 %H:%M")


def with_half_of_day(at: datetime) -> str:
    """2026年11月24日 下午2:05."""
    moment = local(at)
    half = "上午" if moment.hour < 12 else "下午"
    return f"{moment.year}年{moment.month}月{moment.day}日 {half}{(moment.hour - 1) % 12 + 1}:{moment.minute:02}"


def day(at: datetime) -> str:
    """2026-11-24."""
    return local(at).strftime("%Y-%m-%d")


def iso(at: datetime) -> str:
    """RFC 3339 with the town's offset."""
    return local(at).isoformat(timespec="seconds")


def http(at: datetime) -> str:
    """RFC 822, as RSS writes it."""
    return format_datetime(local(at).replace(microsecond=0))


def weibo(at: datetime) -> str:
    """Tue Nov 24 14:05:33 +0800 2026, as microblog interfaces write it, whatever the process's locale."""
    moment = local(at)
    return f"{_WEEKDAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment:%d %H:%M:%S %z %Y}"


def ago(at: datetime, now: datetime) -> str:
    """刚刚, 3分钟前, 2小时前, 昨天 14:05, 前天 14:05, 11-20 14:05: what forums show."""
    passed = now - at
    then, today = local(at), local(now)
    if passed < timedelta(minutes=1):
        return "刚刚"
    if passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)}分钟前"
    days = (today.date() - then.date()).days
    if days == 0:
        return f"{int(passed.total_seconds() // 3600)}小时前"
    clock = then.strftime("%H:%M")
    if days <= 2:
        return f"{('昨天', '前天')[days - 1]} {clock}"
    return then.strftime("%m-%d %H:%M") if then.year == today.year else then.strftime("%Y-%m-%d %H:%M")
