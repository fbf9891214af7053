"""Files that people bring are read row by row, and each refused row says why."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.imports import (
    MentionRow,
    RefusedRow,
    SourceRow,
    lines_of,
    mentions_from_csv,
    mentions_from_json_lines,
    sources_from_csv,
    sources_from_opml,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def refused(rows: list[SourceRow | RefusedRow] | list[MentionRow | RefusedRow]) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, RefusedRow)]


def csv_mentions(content: str) -> list[MentionRow | RefusedRow]:
    return list(mentions_from_csv(lines_of(content), now=NOW, zone=ZONE))


def test_feeds_are_found_in_folders_when_list_is_opml() -> None:
    opml = """<?xml version="1.0" encoding="gb2312"?><opml version="2.0"><body><outline text="新闻">
<outline text="青岚新闻" type="rss" xmlUrl="https://news.example.test/feed.xml"/>
<outline text="坏的" type="rss" xmlUrl="ftp://x.test/feed"/>
<outline text="又一次" xmlUrl="https://news.example.test/feed.xml#top"/></outline><outline text="空的"/></body></opml>"""
    rows = sources_from_opml(opml)
    assert rows[0] == SourceRow(2, "青岚新闻", "feed", "news", "https://news.example.test/feed.xml")
    assert refused(rows) == [(3, "INVALID_ADDRESS"), (4, "DUPLICATE"), (4, "INVALID_ADDRESS")]


@pytest.mark.parametrize(("content", "reason"), [("no xml", "UNREADABLE"), ("<opml><body/></opml>", "EMPTY"), ("", "UNREADABLE")])
def test_list_is_refused_when_it_is_no_opml(content: str, reason: str) -> None:
    assert refused(sources_from_opml(content)) == [(1, reason)]


def test_entities_are_not_resolved_when_opml_defines_them() -> None:
    bomb = '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body><outline text="&a;" xmlUrl="https://x.test/f"/></body></opml>'
    assert all("root:" not in str(row) for row in sources_from_opml(bomb))


def test_sources_are_read_when_csv_has_chinese_words() -> None:
    rows = sources_from_csv(
        "名称,采集方式,媒体类型,网址,依据,责任人\n青岚论坛,论坛,论坛,https://bbs.example.test/b/1,公开网页,departments/publicity\n"
    )
    assert rows == [SourceRow(2, "青岚论坛", "forum", "forum", "https://bbs.example.test/b/1", "公开网页", "departments/publicity")]


def test_each_refused_row_names_its_reason_when_csv_has_mistakes() -> None:
    content = (
        "display_name,kind,medium,address,owner\n"
        'a,feed,news,https://x.test/1,\n"b\nb",telepathy,news,https://x.test/2,\nc,feed,radio,https://x.test/3,\n\n'
        "d,feed,news,nowhere,\ne,feed,news,https://x.test/5,boss\nf,feed,news,https://x.test/1,\ng,feed,news,https://x.test/7,,,\n"
    )
    rows = sources_from_csv(content)
    assert [row.display_name for row in rows if isinstance(row, SourceRow)] == ["a"]
    assert refused(rows) == [
        (3, "UNKNOWN_KIND"),
        (5, "UNKNOWN_MEDIUM"),
        (7, "INVALID_ADDRESS"),
        (8, "INVALID_OWNER"),
        (9, "DUPLICATE"),
        (10, "TOO_MANY_CELLS"),
    ]


@pytest.mark.parametrize(("content", "reason"), [("", "EMPTY"), ("a,b\n1,2\n", "MISSING_COLUMN")])
def test_file_is_refused_when_it_has_no_heading(content: str, reason: str) -> None:
    assert refused(sources_from_csv(content)) == [(1, reason)]


def test_mentions_are_documents_when_csv_is_good() -> None:
    (row,) = csv_mentions('网址,标题,正文,作者,发布时间,媒体类型\nhttps://x.test/a?utm_source=q,标题,"第一段\n\n第二段",林小溪,2026年11月23日,微博\n')
    assert isinstance(row, MentionRow)
    document = row.document
    assert (document.site, document.canonical_url, document.text) == ("x.test", "https://x.test/a", "第一段\n第二段")
    assert (document.medium, document.author.display_name, document.language) == ("microblog", "林小溪", "zh")
    assert document.published_at == datetime(2026, 11, 22, 16, tzinfo=UTC)


def test_each_refused_row_names_its_reason_when_mentions_have_mistakes() -> None:
    rows = csv_mentions(
        "url,site,native_id,text,published_time,medium\n,,,正文,,\nhttps://x.test/1,,,,,\nnowhere,x,1,正文,,\n,x.test,,正文,,\n"
        "https://x.test/2,,,正文,不知道,\nhttps://x.test/3,,,正文,2099-01-01,\nhttps://x.test/4,,,正文,,radio\n,x.test,88,正文,,\n"
    )
    assert refused(rows) == [
        (2, "NO_SITE"),
        (3, "NO_TEXT"),
        (4, "INVALID_ADDRESS"),
        (5, "NO_IDENTITY"),
        (6, "UNREADABLE_TIME"),
        (7, "UNREADABLE_TIME"),
        (8, "UNKNOWN_MEDIUM"),
    ]
    assert isinstance(rows[-1], MentionRow)


def test_rows_come_before_the_file_ends_when_it_is_a_stream() -> None:
    read: list[int] = []

    def stream() -> Iterator[str]:
        for number in range(1000):
            read.append(number)
            yield f'{{"url": "https://x.test/{number}", "text": "正文"}}\n'

    rows = mentions_from_json_lines(stream(), now=NOW, zone=ZONE)
    assert isinstance(next(rows), MentionRow)
    assert len(read) == 1


def test_lines_are_refused_when_they_are_no_objects() -> None:
    lines = ['{"url": "https://x.test/1", "text": "正文", "published_at": 1763900000}\n', "\n", "[1]\n", "{\n", '{"text": {"a": 1}}\n']
    rows = list(mentions_from_json_lines(lines, now=NOW, zone=ZONE))
    assert refused(rows) == [(3, "UNREADABLE"), (4, "UNREADABLE"), (5, "NO_TEXT")]
    assert isinstance(rows[0], MentionRow)
    assert rows[0].document.published_at == datetime.fromtimestamp(1763900000, UTC)


@given(st.text(max_size=300) | st.text(alphabet='",\n\r;a正', max_size=80).map(lambda tail: "url,text\n" + tail))
def test_reading_never_fails_when_file_is_anything(content: str) -> None:
    for rows in (csv_mentions(content), sources_from_csv(content), sources_from_opml(content)):
        assert all(isinstance(row, SourceRow | MentionRow | RefusedRow) for row in rows)
    assert all(isinstance(row, MentionRow | RefusedRow) for row in mentions_from_json_lines(lines_of(content), now=NOW, zone=ZONE))
