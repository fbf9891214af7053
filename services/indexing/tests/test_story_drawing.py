"""The picture of a story's path: well formed, safe, and says who was first and who made it jump."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.document import Author, Document, Membership, Mention
from yuqing_indexing.domain.ids import native_key
from yuqing_indexing.domain.story_drawing import MOST_LEVELS, MOST_SITES, drawing_of
from yuqing_indexing.domain.story_path import path_of

NOW = datetime(2024, 5, 20, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
SVG = "{http://www.w3.org/2000/svg}"


def carried(name, minutes, passes_on="", *, site="e.test", author="", copy=False):
    at = NOW + timedelta(minutes=minutes)
    document = Document("sources/a", site, at, native_id=name, published=at, repost_of=passes_on, author=Author(author or name))
    return Mention(native_key(site, name), document, "", at, at, membership=Membership("s", copy))


def drawn(mentions, *, title="标题", total=None):
    return ET.fromstring(drawing_of(path_of(mentions), title=title, total=total or len(mentions), zone=ZONE))


def texts(svg):
    return ["".join(each.itertext()) for each in svg.iter(f"{SVG}text")]


def dots(svg):
    """The circles of mentions: those of the legend have no tooltip."""
    return [each for each in svg.iter(f"{SVG}circle") if each.find(f"{SVG}title") is not None]


def test_the_first_and_the_jump_are_named_with_their_times_in_the_zone():
    crowd = [carried(f"c{number}", 61 + number, "star") for number in range(10)]
    svg = drawn([carried("o", 0, author="小鹿"), carried("star", 60, "o", author="头条"), *crowd])
    said = texts(svg)
    assert {"首发 小鹿", "引爆点 头条"} <= set(said)
    assert "引爆点：头条，2024-05-20 09:00，前一小时 1 条，后一小时 0 条，下游转发 10 条" in said
    assert any(text.startswith("共 12 条 · 1 个站点 · 2024-05-20 08:00 首发 · 历时 1.2 小时") for text in said)
    assert len(dots(svg)) == 12
    assert len(list(svg.iter(f"{SVG}path"))) == 11


def test_each_site_and_each_level_has_a_lane_up_to_a_limit():
    sites = [carried(f"s{number}", number, site=f"site{number % 9}.test") for number in range(20)]
    chain = [carried(f"r{number}", 30 + number, f"r{number - 1}" if number else "s0", site="site0.test") for number in range(7)]
    said = texts(drawn([*sites, *chain]))
    assert sum(text.startswith("site") for text in said) == MOST_SITES
    assert "其他站点" in said
    assert [text for text in said if text.startswith("转发")] == ["转发 1 级", "转发 2 级", "转发 3 级", f"转发 {MOST_LEVELS} 级及以上"]


def test_names_from_outside_cannot_break_the_picture():
    evil = "<script>\"&'</script>"
    svg = drawn([carried("a", 0, author=evil, site="<b>"), carried("b", 1, "a", site="<b>", author=evil)], title=evil)
    assert not list(svg.iter(f"{SVG}script"))
    assert f"首发 {evil}" in texts(svg)


def test_what_is_not_drawn_is_told():
    assert any("图中为最早的 2 条" in text for text in texts(drawn([carried("a", 0), carried("b", 1)], total=9_000)))


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(-1, 30), st.booleans()), min_size=1, max_size=40))
def test_every_dot_lies_on_the_picture_in_order_of_time(made):
    mentions = [
        carried(f"m{at}", minutes, f"m{parent}" if parent >= 0 else "", site=f"s{at % 3}.test", copy=copy)
        for at, (minutes, parent, copy) in enumerate(made)
    ]
    svg = drawn(mentions)
    width, height = float(svg.get("width", "")), float(svg.get("height", ""))
    found = dots(svg)
    assert len(found) == len(mentions)
    assert all(0 < float(dot.get("cx", "")) < width and 0 < float(dot.get("cy", "")) < height for dot in found)
    by_time = sorted(found, key=lambda dot: dot.findtext(f"{SVG}title", "").split(" ", 1)[1][:16])
    places = [float(dot.get("cx", "")) for dot in by_time]
    assert places == sorted(places)
