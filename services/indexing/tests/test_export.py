import csv
import io
import json
import zipfile

import pytest

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import document_pb2, mention_pb2
from yuqing.type.v1 import types_pb2
from yuqing_indexing.servicers.export import PIECE_BYTES
from yuqing_testkit.services import person

CSV, XLSX, JSONL = mention_pb2.EXPORT_FORMAT_CSV, mention_pb2.EXPORT_FORMAT_XLSX, mention_pb2.EXPORT_FORMAT_JSONL


async def exported(indexing, file_form, **fields):
    """The pieces of an export, and its bytes."""
    await indexing.refresh()
    with indexing.town.acting(person(access_pb2.ROLE_PUBLICITY)):
        call = indexing.mentions.ExportMentions(mention_pb2.ExportMentionsRequest(format=file_form, **fields))
        pieces = [piece async for piece in call]
    return pieces, b"".join(piece.body.data for piece in pieces)


async def test_cells_are_quoted_when_a_spreadsheet_would_take_them_for_a_formula(indexing, document):
    dangerous = ["=1+1", "+86 电话", "-5度", "@所有人", "\t制表", '普通, 带"引号"\n换行']
    await indexing.ingest([document(str(number), text) for number, text in enumerate(dangerous)])
    pieces, content = await exported(indexing, CSV, order=mention_pb2.SEARCH_ORDER_NEWEST)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["正文"] for row in rows} == {"'=1+1", "'+86 电话", "'-5度", "'@所有人", "'\t制表", '普通, 带"引号"\n换行'}
    assert {(row["媒体类型"], row["情感"], row["发布时间"]) for row in rows} == {("论坛", "正面", "2024-05-20 11:00:00")}
    assert (pieces[0].rows, pieces[0].total_size, pieces[0].body.content_type) == (6, 6, "text/csv; charset=utf-8")
    assert pieces[0].file_name.endswith(".csv")


async def test_the_limit_is_said_on_the_first_piece_when_there_is_more(indexing, document):
    await indexing.ingest([document(str(number), f"第{number}条") for number in range(2300)])
    pieces, content = await exported(indexing, JSONL, limit=2100)
    lines = [json.loads(line) for line in content.splitlines()]
    assert (pieces[0].rows, pieces[0].total_size) == (2100, 2300)
    assert len({line["name"] for line in lines}) == 2100
    assert all(len(piece.body.data) <= PIECE_BYTES for piece in pieces)
    assert [piece.rows for piece in pieces[1:]] == [0] * (len(pieces) - 1)


async def test_programs_get_plain_values_when_they_ask_for_json_lines(indexing, document):
    counts = document_pb2.Counts(likes=0)
    await indexing.ingest([document("1", "=差", counts=counts, published_precision=types_pb2.TIME_PRECISION_DAY)])
    _, content = await exported(indexing, JSONL)
    (line,) = map(json.loads, content.splitlines())
    assert (line["text"], line["sentiment"], line["likes"], line["published"]) == ("=差", "negative", 0, "2024-05-20T03:00:00Z")
    assert line["state"] == ["present"]
    assert "views" not in line
    _, sheet = await exported(indexing, CSV)
    (row,) = csv.DictReader(io.StringIO(sheet.decode("utf-8-sig"), newline=""))
    assert (row["发布时间"], row["点赞"], row["阅读"], row["状态"]) == ("2024-05-20", "0", "", "")


async def test_the_story_of_each_mention_is_told_for_people_and_programs(indexing, document):
    text = "云州市永泰纺织厂凌晨起火，二号仓库浓烟滚滚，附近居民被疏散"
    await indexing.ingest(
        [document("1", text), document("2", f"{text}！"), document("3", "说得对", repost_of="1"), document("4", f"甲乙丙丁说：{text[:14]}")]
    )
    _, content = await exported(indexing, JSONL)
    lines = {line["text"]: line for line in map(json.loads, content.splitlines())}
    story = lines[text]["story"]
    assert story.startswith("stories/")
    told = [(line["story"] == story, line["copy"], line.get("repost_of")) for line in lines.values()]
    assert sorted(told, key=str) == [(False, False, None), (True, False, "1"), (True, False, None), (True, True, None)]
    assert lines[f"甲乙丙丁说：{text[:14]}"]["related_stories"] == [story]
    _, sheet = await exported(indexing, CSV)
    rows = {row["正文"]: row for row in csv.DictReader(io.StringIO(sheet.decode("utf-8-sig"), newline=""))}
    assert (rows[text]["事件脉络"], rows[text]["是否同文副本"], rows[text]["关联脉络"]) == (story, "否", "")
    assert (rows[f"{text}！"]["是否同文副本"], rows["说得对"]["转发自"]) == ("是", "1")
    assert rows[f"甲乙丙丁说：{text[:14]}"]["关联脉络"] == story


async def test_a_workbook_holds_text_and_no_formula_when_it_is_asked_for(indexing, document):
    await indexing.ingest([document("1", "=cmd()", title="标题"), document("2", "长" * 40_000)])
    pieces, content = await exported(indexing, XLSX)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "'=cmd()" in sheet
    assert "编号" in sheet
    assert "长" * 32_000 + "…" in sheet
    assert pieces[0].body.content_type.endswith("spreadsheetml.sheet")


@pytest.mark.parametrize("file_form", [CSV, JSONL, XLSX])
async def test_a_file_comes_when_nothing_is_found(indexing, file_form):
    pieces, _ = await exported(indexing, file_form, query="没有这样的词")
    assert (pieces[0].rows, pieces[0].total_size) == (0, 0)
    assert pieces[0].file_name
