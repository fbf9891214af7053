"""Chapter 3, stories: what people care about shows as one text with its copies and reposts, and how it spread."""

import uuid
from random import Random

import httpx
import pytest

from tests.clauses.test_chapter_3_topics import said
from yuqing_testkit.agreement import Agreement, Record, eventually, every_mention, ok
from yuqing_testkit.system import System

LONG = 20
"""Characters from which a copy is sure to be long enough to be told."""


def words(count: int) -> str:
    """Text that is like no other."""
    random = Random(uuid.uuid4().hex)
    return "".join(chr(0x4E00 + number) for number in random.sample(range(20_000), count))


def stories(client: httpx.Client, **body: object) -> list[Record]:
    """The stories of a query; all of a page's."""
    return ok(client.post("/v1/stories:search", json={"pageSize": 1000, **body}))["stories"]


@pytest.mark.clause("3.2.2")
def test_copies_and_reposts_of_the_town_are_one_story_with_what_they_pass_on(monitor: httpx.Client, town: Agreement, system: System) -> None:
    truth = {text["key"]: text for text in system.world.truth()}
    story_of = {key: mention["story"] for key, mention in town.found.items()}
    passed_on = [(key, f"{text['site']}/{text['repost_of']}") for key, text in truth.items() if text["repost_of"] and key in story_of]
    copies = [(key, text["copy_of"]) for key, text in truth.items() if text["copy_of"] and key in story_of and len(str(text["text"])) >= LONG]
    together = [(one, other) for one, other in (*passed_on, *copies) if other in story_of and not truth[other]["edits"]]
    assert len(together) > 20
    assert [(one, other) for one, other in together if story_of[one] != story_of[other]] == []
    largest = stories(monitor, order="STORY_ORDER_SIZE")[0]
    assert int(largest["size"]) == len(every_mention(monitor, f"story:{largest['name']}")) > 2


@pytest.mark.clause("3.2.2")
def test_a_story_shows_who_was_first_and_is_one_line_when_its_copies_are_searched(monitor: httpx.Client) -> None:
    word = uuid.uuid4().hex
    text = f"{word} {words(80)}"
    said(monitor, text, f"转：{text}", f"{text}！！")
    line, *others = ok(monitor.post("/v1/mentions:search", json={"query": word, "onePerStory": True}))["hits"]
    assert (others, line["storySize"]) == ([], "3")
    story = ok(monitor.get(f"/v1/{line['mention']['story']}"))
    assert (story["size"], story["copiesSize"], story["sitesSize"]) == ("3", "2", "1")
    path = ok(monitor.get(f"/v1/{story['name']}:path"))
    assert [step["copy"] for step in path["steps"]].count(False) == 1
    assert path["steps"][0]["mention"] == story["first"]["name"]
    drawing = monitor.get(f"/v1/{story['name']}:drawing")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert "共 3 条" in drawing.text
    assert drawing.text.endswith("</svg>")


@pytest.mark.clause("3.2.2")
def test_another_report_of_the_same_event_is_shown_with_what_speaks_for_it(monitor: httpx.Client) -> None:
    place = words(6)
    said(monitor, f"{place}纺织厂凌晨起火，二号仓库浓烟滚滚，附近居民被疏散", f"{place}的纺织厂烧了一夜，二号仓库全没了，还好没人受伤")
    one, other = ok(monitor.post("/v1/mentions:search", json={"query": place}))["hits"]
    related, *_ = ok(monitor.get(f"/v1/{one['mention']['story']}:related"))["stories"]
    assert related["story"]["name"] == other["mention"]["story"] != one["mention"]["story"]
    assert {"纺织厂", "仓库"} <= set(related["sharedWords"])


@pytest.mark.clause("3.2.2")
def test_people_merge_and_split_stories_when_they_know_better(monitor: httpx.Client, auditor: httpx.Client) -> None:
    word = uuid.uuid4().hex
    said(monitor, f"{word} 其一 {words(60)}", f"{word} 其二 {words(60)}")
    one, other = stories(monitor, query=word)
    merged = ok(monitor.post(f"/v1/{one['name']}:merge", json={"stories": [other["name"]], "reason": "同一件事"}))
    assert merged["movedSize"] == "1"
    eventually(lambda: [story["size"] for story in stories(monitor, query=word)] == ["2"], seconds=30)
    split = ok(monitor.post(f"/v1/{one['name']}:split", json={"mentions": [other["first"]["name"]], "reason": "还是两件事"}))
    eventually(lambda: {story["name"] for story in stories(monitor, query=word)} == {one["name"], split["story"]}, seconds=30)
    assert auditor.post(f"/v1/{one['name']}:merge", json={"stories": [split["story"]], "reason": "试试"}).status_code == 403
