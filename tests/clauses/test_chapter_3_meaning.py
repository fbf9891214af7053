"""Chapter 3, search by meaning: what people say in other words is found, with the packaged encoder and everything real."""

import uuid

import httpx
import pytest

from tests.clauses.test_chapter_3_topics import said
from yuqing_testkit.agreement import Record, eventually, ok


def found(client: httpx.Client, query: str) -> list[str]:
    """The texts of a search, the most relevant first."""
    hits = ok(client.post("/v1/mentions:search", json={"query": query, "pageSize": 200}))["hits"]
    return [hit["mention"]["document"]["text"] for hit in hits]


@pytest.mark.clause("3.2.2")
def test_what_was_said_in_other_words_is_found_when_its_meaning_is_searched_for(monitor: httpx.Client) -> None:
    word = uuid.uuid4().hex[:8]
    told = f"刚入手没几天的电器做鸡翅时忽然蹿出明火，厨房墙都熏黑了 {word}"
    said(monitor, told, f"路过的小伙子跳进湖里，把落水的孩子托上了岸 {word}")
    asked = "相似:新买的空气炸锅用了两次就冒烟起火"
    assert eventually(lambda: told in found(monitor, asked) or None, seconds=60)
    assert found(monitor, f"{asked} {word}") == [told]
    assert told not in found(monitor, "相似:热心市民勇救溺水儿童")


@pytest.mark.clause("3.2.2")
def test_more_like_a_mention_is_shown_when_one_of_several_is_looked_at(monitor: httpx.Client) -> None:
    word = uuid.uuid4().hex[:8]
    one, other = f"自来水发黄，有一股腥臭味 {word}", f"水龙头拧开是锈红色的，闻着还臭，不敢喝 {word}"
    said(monitor, one, other, f"周末的图书馆一座难求 {word}")
    [hit] = ok(monitor.post("/v1/mentions:search", json={"query": f"自来水发黄 {word}"}))["hits"]

    def like() -> list[Record] | None:
        similar = ok(monitor.get(f"/v1/{hit['mention']['name']}:similar"))["mentions"]
        return similar if other in [each["mention"]["document"]["text"] for each in similar] else None

    similar = eventually(like, seconds=60)
    assert one not in [each["mention"]["document"]["text"] for each in similar]
    assert [each["similarity"] for each in similar] == sorted((each["similarity"] for each in similar), reverse=True)


@pytest.mark.clause("3.2.2")
def test_the_place_of_the_mistake_is_told_when_meaning_cannot_be_asked_for(monitor: httpx.Client) -> None:
    refused = monitor.post("/v1/mentions:search", json={"query": "漏水 NOT 相似:停电"})
    assert refused.status_code == 400
    assert "相似" in refused.json()["detail"]
