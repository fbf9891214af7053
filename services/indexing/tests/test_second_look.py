"""Mentions are judged by the full stage after the fast one, those that need it most first, and only once for each text."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from yuqing.indexing.v1 import correction_pb2, correction_service_pb2
from yuqing.type.v1 import types_pb2
from yuqing_indexing.domain.document import Author, Document, Judgement, Mention
from yuqing_indexing.domain.ports import NoSecondStage
from yuqing_indexing.domain.second_look import URGENT, priority

NOW = datetime(2024, 5, 20, tzinfo=UTC)
JUDGED = Judgement("hash", "negative", 0.5, 0.45, 0.05, "zh", "fake", "1", NOW)


def mention(judgement, followers=0):
    document = Document("sources/daily", "daily.example", NOW, text="很差", author=Author("网友", followers=followers))
    return Mention("m", document, "hash", NOW, NOW, judgement=judgement)


def test_doubt_comes_first_when_nobody_reads_it():
    sure = replace(JUDGED, negative=0.02, neutral=0.03, positive=0.95)
    assert priority(mention(JUDGED)) == pytest.approx(0.95)
    assert priority(mention(sure)) < URGENT < priority(mention(JUDGED))


def test_what_is_negative_comes_first_when_many_read_it():
    sure = replace(JUDGED, negative=0.98, neutral=0.01, positive=0.01)
    assert priority(mention(sure)) < URGENT < priority(mention(sure, followers=1_000_000))


@pytest.mark.parametrize("judgement", [None, replace(JUDGED, full=True), replace(JUDGED, content_hash="of another text")])
def test_nothing_waits_when_there_is_nothing_to_look_at(judgement):
    assert priority(mention(judgement)) is None


async def looked_at(indexing):
    await indexing.refresh()
    return await indexing.parts.second_look.once()


async def hit(indexing, query=""):
    (found,) = (await indexing.search(query)).hits
    return found.mention


async def test_a_mention_is_judged_again_when_there_is_time(indexing, document):
    await indexing.ingest([document("1", "真是好公司😉")])
    first = (await hit(indexing)).judgement
    assert (first.stage, first.sentiment, first.model) == (types_pb2.STAGE_FAST, types_pb2.SENTIMENT_POSITIVE, "fake")
    assert await looked_at(indexing) == 1
    second = (await hit(indexing, "sentiment:negative")).judgement
    assert (second.stage, second.sentiment, second.model) == (types_pb2.STAGE_FULL, types_pb2.SENTIMENT_NEGATIVE, "fake full")
    assert await looked_at(indexing) == 0


async def test_a_mention_waits_again_when_its_text_is_edited(indexing, document):
    await indexing.ingest([document("1", "真是好公司😉")])
    await looked_at(indexing)
    await indexing.ingest([document("1", "公司搬到了城东", minute=1)])
    assert (await hit(indexing)).judgement.stage == types_pb2.STAGE_FAST
    assert await looked_at(indexing) == 1
    assert (await hit(indexing)).judgement.sentiment == types_pb2.SENTIMENT_POSITIVE


async def test_a_mention_keeps_its_second_look_when_it_is_fetched_again(indexing, document):
    await indexing.ingest([document("1", "真是好公司😉")])
    await looked_at(indexing)
    await indexing.ingest([document("1", "真是好公司😉", minute=1)])
    assert (await hit(indexing)).judgement.stage == types_pb2.STAGE_FULL
    assert await looked_at(indexing) == 0


async def test_nothing_is_looked_at_when_a_person_has_said_what_it_says(indexing, document, as_monitor):
    (outcome,) = await indexing.ingest([document("1", "真是好公司😉")])
    label = correction_pb2.Label(kind=correction_pb2.LABEL_KIND_SENTIMENT, values=["neutral"])
    await indexing.corrections.CorrectMention(correction_service_pb2.CorrectMentionRequest(name=outcome.mention, label=label, reason="反话"))
    assert await looked_at(indexing) == 0


async def test_mentions_stay_as_they_are_when_the_full_stage_is_switched_off(indexing, document, scoring):
    scoring.full_stage_off = True
    await indexing.ingest([document("1", "真是好公司😉")])
    with pytest.raises(NoSecondStage):
        await looked_at(indexing)
    assert (await hit(indexing)).judgement.stage == types_pb2.STAGE_FAST
