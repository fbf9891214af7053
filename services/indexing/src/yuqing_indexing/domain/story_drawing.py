"""Draws the path of a story as one SVG: time from left to right, a lane for each site and each step of passing on, who began it and who made it jump.

Stories begin fast and end slowly, so the axis follows the clock by a third and the order of steps by the rest; its ticks say the real times.
Presentation attributes only: the file needs no styles, scripts or fonts from anywhere and may be shown under a strict content policy.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from math import sqrt

from yuqing_indexing.domain.story_path import Jump, Step, StoryPath

MOST_SITES, MOST_LEVELS, MOST_NAMES = 6, 4, 5
"""Lanes of sites, lanes of steps of passing on, and carriers whose names are shown beside the first and the jump."""
_BY_CLOCK = 1 / 3
_WIDTH, _LEFT, _RIGHT, _TOP = 1200, 176, 1160, 118
_LANE, _DOT, _COLUMN = 34, 7.0, 7.0
_MOST_STACKED = 15
_BARS, _BAR_HEIGHT = 96, 64
_HOUR, _LEAST_HOURS = timedelta(hours=1), 0.1
_FONT = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
_INK, _FAINT, _LINE = "#1f2937", "#6b7280", "#e5e7eb"
_FIRST, _JUMP, _OWN, _COPY = "#1d4ed8", "#dc2626", "#0f766e", "#9ca3af"
_TICKS = tuple(timedelta(minutes=minutes) for minutes in (525_600, 43_200, 10_080, 1_440, 360, 60, 30, 10, 5, 1))
_MOST_TRIED, _TICK_ROOM = 1_000, 84


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where moments lie between left and right."""

    times: Sequence[datetime]

    def x(self, moment: datetime) -> float:
        first, last = self.times[0], self.times[-1]
        whole = (last - first).total_seconds()
        if not whole:
            return _LEFT
        clock = (moment - first).total_seconds() / whole
        return _LEFT + (_RIGHT - _LEFT) * (_BY_CLOCK * clock + (1 - _BY_CLOCK) * self._order(moment))

    def _order(self, moment: datetime) -> float:
        """The share of steps before a moment; between two steps it grows evenly, so that the axis has no jumps."""
        at = bisect_right(self.times, moment)
        if at >= len(self.times):
            return 1.0
        start, end = self.times[at - 1], self.times[at]
        return (at - 1 + (moment - start) / (end - start)) / (len(self.times) - 1)

    def moment(self, x: float) -> datetime:
        """The moment at a place, to about a second: the other way round there is no formula."""
        start, end = self.times[0], self.times[-1]
        while end - start > timedelta(seconds=1):
            middle = start + (end - start) / 2
            start, end = (middle, end) if self.x(middle) <= x else (start, middle)
        return end

    def ticks(self, zone: tzinfo) -> list[tuple[float, datetime]]:
        """Round times in the zone: the coarsest first, and finer ones where there is room left."""
        first, last = (moment.astimezone(zone) for moment in (self.times[0], self.times[-1]))
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        shown: list[tuple[float, datetime]] = []
        for width in (each for each in _TICKS if (last - first) / each <= _MOST_TRIED):
            for number in range(int((last - midnight) / width) + 1):
                moment = midnight + number * width
                x = self.x(moment) if first <= moment else _RIGHT
                if x < _RIGHT - _TICK_ROOM / 2 and all(abs(x - other) >= _TICK_ROOM for other, _ in shown):
                    shown.append((x, moment))
        return sorted(shown)


@dataclass(frozen=True, slots=True)
class _Dot:
    step: Step
    x: float
    y: float
    radius: float


def drawing_of(path: StoryPath, *, title: str, total: int, zone: tzinfo) -> str:
    """The SVG; `title` is what the story is called, `total` counts the mentions beyond those that are steps as well, times are shown in `zone`."""
    axis = _Axis([step.mention.when for step in path.steps])
    lanes = _lanes(path.steps)
    tops, bottom = _lane_tops(lanes, axis)
    dots = _dots(lanes, tops, axis)
    height = bottom + _BAR_HEIGHT + 92
    parts = [
        _heading(path, title, total, zone),
        *_lane_lines(lanes, tops),
        *_tick_lines(axis, zone, bottom),
        *_edges(path, dots),
        *map(_circle, _painted(path, dots)),
        *_bars(axis, path.jump, bottom + 40),
        *_names(path, dots),
        _legend(height - 18),
    ]
    name = escape(f"传播路径：{title}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" role="img" '
        f'font-family="{_FONT}" font-size="12" fill="{_INK}"><title>{name}</title>'
        f'<rect width="{_WIDTH}" height="{height:.0f}" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _lanes(steps: Sequence[Step]) -> Mapping[str, list[Step]]:
    """Who passes on nobody known, by site; who does, by the steps to the beginning."""
    begun = [step for step in steps if not step.passes_on]
    largest = [site for site, _ in Counter(step.mention.document.site for step in begun).most_common(MOST_SITES)]
    lanes: dict[str, list[Step]] = defaultdict(list)
    for step in begun:
        site = step.mention.document.site
        lanes[site if site in largest else "其他站点"].append(step)
    for step in sorted((step for step in steps if step.passes_on), key=lambda each: each.depth):
        level = min(step.depth, MOST_LEVELS)
        lanes[f"转发 {level} 级{'及以上' if level == MOST_LEVELS else ''}"].append(step)
    return lanes


def _stacks(steps: Iterable[Step], axis: _Axis) -> dict[int, list[Step]]:
    """The steps that stand in one column."""
    stacks: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        stacks[int(axis.x(step.mention.when) / _COLUMN)].append(step)
    return stacks


def _lane_tops(lanes: Mapping[str, list[Step]], axis: _Axis) -> tuple[dict[str, tuple[float, float]], float]:
    """Each lane's top and height, and where the last one ends."""
    tops: dict[str, tuple[float, float]] = {}
    y = float(_TOP)
    for name, steps in lanes.items():
        highest = max(map(len, _stacks(steps, axis).values()))
        height = _LANE + min(highest - 1, _MOST_STACKED) * _DOT
        tops[name] = (y, height)
        y += height
    return tops, y


def _dots(lanes: Mapping[str, list[Step]], tops: Mapping[str, tuple[float, float]], axis: _Axis) -> dict[str, _Dot]:
    """Each mention's place: those of one column stand one above the other around the middle of their lane."""
    most = max((step.passed_on for steps in lanes.values() for step in steps), default=0) or 1
    dots: dict[str, _Dot] = {}
    for name, steps in lanes.items():
        top, height = tops[name]
        for stack in _stacks(steps, axis).values():
            gap = min(_DOT, (height - 16) / len(stack))
            for number, step in enumerate(stack):
                y = top + height / 2 + (number - (len(stack) - 1) / 2) * gap
                dots[step.mention.id] = _Dot(step, axis.x(step.mention.when), y, 2.6 + 10 * sqrt(step.passed_on / most))
    return dots


def _heading(path: StoryPath, title: str, total: int, zone: tzinfo) -> str:
    steps = path.steps
    first, last = steps[0].mention.when, steps[-1].mention.when
    sites = len({step.mention.document.site for step in steps})
    facts = [f"共 {total:,} 条", f"{sites} 个站点", f"{_moment(first, zone)} 首发", f"历时 {_lasted(last - first)}"]
    if total > len(steps):
        facts.append(f"图中为最早的 {len(steps):,} 条")
    jump = _told(path.jump, zone) if path.jump else "没有明显的引爆点"
    return (
        f'<text x="32" y="38" font-size="20" font-weight="600">{escape(_cut(title, 52))}</text>'
        f'<text x="32" y="64" fill="{_FAINT}">{escape(" · ".join(facts))}</text>'
        f'<text x="32" y="88" fill="{_JUMP if path.jump else _FAINT}">{escape(jump)}</text>'
    )


def _lane_lines(lanes: Mapping[str, list[Step]], tops: Mapping[str, tuple[float, float]]) -> Iterable[str]:
    for name, (top, height) in tops.items():
        middle = top + height / 2
        yield f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{top + height:.1f}" y2="{top + height:.1f}" stroke="{_LINE}"/>'
        yield f'<text x="32" y="{middle + 1:.1f}">{escape(_cut(name, 22))}</text>'
        yield f'<text x="32" y="{middle + 15:.1f}" font-size="10" fill="{_FAINT}">{len(lanes[name]):,} 条</text>'


def _tick_lines(axis: _Axis, zone: tzinfo, bottom: float) -> Iterable[str]:
    day = None
    for x, moment in axis.ticks(zone):
        label = f"{moment:%H:%M}" if moment.date() == day else f"{moment:%m-%d %H:%M}" if moment.hour or moment.minute else f"{moment:%m-%d}"
        day = moment.date()
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom:.1f}" stroke="{_LINE}" stroke-dasharray="2 4"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18:.1f}" font-size="11" fill="{_FAINT}" text-anchor="middle">{label}</text>'


def _edges(path: StoryPath, dots: Mapping[str, _Dot]) -> Iterable[str]:
    """From what is passed on to who does; those of the jump stand out."""
    jump = path.jump.step.mention.id if path.jump else ""
    for step in path.steps:
        if parent := dots.get(step.passes_on):
            dot, of_jump = dots[step.mention.id], step.passes_on == jump
            middle = (parent.x + dot.x) / 2
            yield (
                f'<path d="M{parent.x:.1f} {parent.y:.1f}C{middle:.1f} {parent.y:.1f} {middle:.1f} {dot.y:.1f} {dot.x:.1f} {dot.y:.1f}" fill="none" '
                f'stroke="{_JUMP if of_jump else _COPY}" stroke-opacity="{0.3 if of_jump else 0.22}" stroke-width="0.8"/>'
            )


def _painted(path: StoryPath, dots: Mapping[str, _Dot]) -> list[tuple[_Dot, str]]:
    """The dots with their colours; the first and the jump come last, so that nothing hides them."""
    first, jump = path.steps[0].mention.id, path.jump.step.mention.id if path.jump else ""
    colours = {first: _FIRST, jump: _JUMP}
    painted = [(dot, colours.get(name) or (_COPY if _is_copy(dot.step) else _OWN)) for name, dot in dots.items()]
    return sorted(painted, key=lambda each: each[1] in (_FIRST, _JUMP))


def _is_copy(step: Step) -> bool:
    return bool(step.mention.membership and step.mention.membership.copy)


def _circle(painted: tuple[_Dot, str]) -> str:
    dot, colour = painted
    named = colour in (_FIRST, _JUMP)
    radius = max(dot.radius, 5.5) if named else dot.radius
    ring = f' stroke="{colour}" stroke-opacity="0.25" stroke-width="6"' if named else ' stroke="#ffffff" stroke-width="0.6"'
    told = f"{_carrier(dot.step)} {dot.step.mention.when:%Y-%m-%d %H:%M} UTC，下游转发 {dot.step.passed_on}"
    place = f'cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="{radius:.1f}"'
    return f'<circle {place} fill="{colour}" fill-opacity="0.85"{ring}><title>{escape(told)}</title></circle>'


def _bars(axis: _Axis, jump: Jump | None, top: float) -> Iterable[str]:
    """How fast it went: mentions an hour by the clock in each part of the axis, drawn by the root, so that slow parts are seen as well."""
    width = (_RIGHT - _LEFT) / _BARS
    counts = Counter(min(_BARS - 1, int((axis.x(moment) - _LEFT) / width)) for moment in axis.times)
    edges = [axis.moment(_LEFT + number * width) for number in range(_BARS + 1)]
    rates = {number: count / max((edges[number + 1] - edges[number]) / _HOUR, _LEAST_HOURS) for number, count in sorted(counts.items())}
    fastest, base = max(rates.values()), top + _BAR_HEIGHT - 10
    marked = min(_BARS - 1, int((axis.x(jump.step.mention.when) - _LEFT) / width)) if jump else -1
    yield f'<text x="32" y="{base - 18:.1f}">传播速度</text>'
    yield f'<text x="32" y="{base - 4:.1f}" font-size="10" fill="{_FAINT}">最快每小时 {fastest:,.0f} 条</text>'
    for number, rate in rates.items():
        height = (_BAR_HEIGHT - 16) * sqrt(rate / fastest)
        colour = _JUMP if number == marked else "#93c5fd"
        yield f'<rect x="{_LEFT + number * width:.1f}" y="{base - height:.1f}" width="{width - 1:.1f}" height="{height:.1f}" fill="{colour}"/>'
    yield f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{base:.1f}" y2="{base:.1f}" stroke="{_COPY}"/>'


def _names(path: StoryPath, dots: Mapping[str, _Dot]) -> Iterable[str]:
    """Who began it, who made it jump, and who else was passed on most, where their names have room."""
    first, jump = path.steps[0], path.jump.step if path.jump else None
    others = sorted((step for step in path.steps if step.passed_on > 1 and step not in (first, jump)), key=lambda each: -each.passed_on)
    wanted = [(first, f"首发 {_carrier(first)}", _FIRST)]
    if jump:
        wanted.insert(0, (jump, f"引爆点 {_carrier(jump)}", _JUMP))
    wanted += [(step, f"{_carrier(step)} {step.passed_on}", _INK) for step in others[:MOST_NAMES]]
    taken: list[tuple[float, float, float]] = []
    for step, label, colour in wanted:
        dot, text = dots[step.mention.id], _cut(label, 30)
        length = sum(12 if ord(character) > 0x2E80 else 6.6 for character in text)
        right = dot.x + 12 + length < _WIDTH
        x, y = dot.x + (10 if right else -10), dot.y - dot.radius - 3
        start = x if right else x - length
        if any(start < end + 8 and begin < start + length + 8 and abs(y - at) < 14 for begin, end, at in taken):
            continue
        taken.append((start, start + length, y))
        yield (
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{"start" if right else "end"}" font-weight="600" '
            f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{escape(text)}</text>'
        )


def _legend(y: float) -> str:
    x, parts = 32.0, list[str]()
    for colour, label in ((_FIRST, "首发"), (_JUMP, "引爆点"), (_OWN, "有新内容的提及"), (_COPY, "同文副本")):
        parts.append(f'<circle cx="{x + 5:.0f}" cy="{y - 4:.0f}" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{x + 16:.0f}" y="{y:.0f}" fill="{_FAINT}">{label}</text>')
        x += 34 + 12 * len(label)
    note = "圆越大，下游转发越多；时间轴随传播疏密伸缩，刻度为实际时间"
    return f'{"".join(parts)}<text x="{x:.0f}" y="{y:.0f}" fill="{_FAINT}">{note}</text>'


def _told(jump: Jump, zone: tzinfo) -> str:
    step, around = jump.step, f"前一小时 {jump.before} 条，后一小时 {jump.after} 条"
    return f"引爆点：{_carrier(step)}，{_moment(step.mention.when, zone)}，{around}，下游转发 {step.passed_on} 条"


def _carrier(step: Step) -> str:
    document = step.mention.document
    return document.outlet or (document.author.display_name if document.author else "") or document.site


def _moment(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _lasted(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes / 60:.1f} 小时" if minutes < 2_880 else f"{minutes / 1440:.1f} 天"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
