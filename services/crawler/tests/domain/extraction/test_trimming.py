"""Lines about the page are told from lines of the article."""

import time

import pytest

from yuqing_crawler.domain.extraction.trimming import about_the_page

ABOUT = [
    "责任编辑：周一鸣",
    "（责编：周一鸣、林小溪）",
    "【编辑：周一鸣】",
    "本文来源：青岚日报 责任编辑：周一鸣_N001",
    "来源：青岚日报",
    "（原标题：召回电水壶）",
    "未经授权不得转载",
    "声明：本网力求信息真实，仅供参考。",
    "更多精彩内容，请下载青岚新闻客户端",
    "上一篇：天气预报",
    "【1】【2】【3】【4】",
    "打印 字体： 放大 正常 缩小 分享",
    "阅读 1.2万",
    "扫一扫在手机打开当前页",
    "分享到：",
    "关键词：召回 电水壶",
]
ARTICLE = [
    "编辑部决定停刊三个月。",
    "来源不明的水壶不要买。",
    "他说：“分享是一种快乐。”",
    "一、召回的经过",
    "图为召回现场。",
    "大家都在看着这件事。",
    "声明发布之后，股价上涨。",
    "评论区里，很多人表示支持。",
    "（资料来源：市统计局）",
    "时间过得很快，转眼三年。",
    "作者在书中写道，人生如逆旅。",
]


@pytest.mark.parametrize("line", ABOUT)
def test_line_is_dropped_when_it_is_about_the_page(line: str) -> None:
    assert about_the_page(line)


@pytest.mark.parametrize("line", ARTICLE)
def test_line_is_kept_when_it_only_begins_alike(line: str) -> None:
    assert not about_the_page(line)


@pytest.mark.parametrize("line", ["—" * 160, "大" * 150 + "。", "1 " * 80, "更多" * 75, "[1]" * 50 + "x", "TA+" * 50 + "甲"])
def test_pattern_ends_when_line_is_made_to_backtrack(line: str) -> None:
    begun = time.process_time()
    about_the_page(line)
    assert time.process_time() - begun < 1
