"""Counts, regions and languages are read as pages show them."""

import pytest

from yuqing_crawler.domain.document import Counts
from yuqing_crawler.domain.extraction.metadata import Metadata
from yuqing_crawler.domain.extraction.signs import find_counts, find_language, find_region, parse_count


@pytest.mark.parametrize(
    ("text", "count"), [("1,234", 1234), ("1.2万", 12_000), ("10万+", 100_000), ("3.4k", 3400), ("2亿", 200_000_000), ("赞", None)]
)
def test_count_is_read_when_written_short(text: str, count: int | None) -> None:
    assert parse_count(text) == count


def test_counts_are_told_apart_when_shown_on_one_line() -> None:
    line = "阅读 1.2万 · 评论(15) · 转发 3 · 点赞 208"
    assert find_counts(Metadata(), [line]) == Counts(views=12_000, comments=15, reposts=3, likes=208)


def test_counts_are_unknown_when_not_shown() -> None:
    assert find_counts(Metadata(), ["今天天气很好"]) == Counts()


@pytest.mark.parametrize(
    ("line", "region"),
    [
        ("11-23 08:15 IP属地：广东", "广东"),
        ("发布于 山东", "山东"),
        ("来自 iPhone", ""),
        ("VIP邮箱", ""),
        ("IP: 上海", "上海"),
        ("来自北京的客人说", ""),
    ],
)
def test_region_is_read_when_it_is_named_as_such(line: str, region: str) -> None:
    assert find_region([line]) == region


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("今天天气很好", "en", "zh"),
        ("今日はとても良い天気です", "", "ja"),
        ("오늘 날씨가 좋습니다", "en", "ko"),
        ("Good weather", "en-GB", "en-GB"),
        ("", "zh-CN", "zh-CN"),
    ],
)
def test_script_decides_language_when_declaration_disagrees(text: str, declared: str, language: str) -> None:
    assert find_language(text, declared) == language
