"""Stories of one event, by the rules alone."""

from datetime import UTC, datetime, timedelta

import pytest

from yuqing_indexing.domain.document import Document, Membership, Mention, Related
from yuqing_indexing.domain.story_kin import MOST_PIECES, kin, pieces_of
from yuqing_indexing.domain.story_search import Neighbours, StoryFigures

NOW = datetime(2024, 5, 20, tzinfo=UTC)
FIRE = "云州市永泰纺织厂凌晨起火，二号仓库浓烟滚滚"
TOLD = "永泰纺织厂烧了一夜，云州消防通报：起火的是二号仓库"
ELSEWHERE = "平川县粮油店凌晨起火，消防通报：无人伤亡"
RATES = {("起", "火"): 300, ("凌", "晨"): 300, ("通", "报"): 300, ("消", "防"): 300}


def mention(text, *, hours=0, story="s", title="", related=()):
    at = NOW + timedelta(hours=hours)
    document = Document("sources/a", "e.test", at, title=title, text=text, published=at)
    return Mention(story, document, "", at, at, membership=Membership(story, False, related))


def figures(first, *, last=NOW):
    return StoryFigures("s", first, 1, 0, NOW, NOW, last, 1, 0, 0, 0, 1.0, 1.0, (), None, None)


def found(*others, first=None, last=NOW):
    return kin(figures(first or mention(FIRE), last=last), Neighbours(others, RATES, 1_000))


def test_another_report_of_the_event_is_kin_and_one_of_its_kind_is_not():
    (only,) = found(mention(TOLD, story="told"), mention(ELSEWHERE, story="elsewhere"), mention("今天天气真好，适合晒被子", story="else"))
    assert only.mention.id == "told"
    assert {"永泰", "纺织厂", "仓库"} <= set(only.words)
    assert only.words.index("永泰") < only.words.index("起火")
    assert 0.1 < only.similarity < 1


def test_the_nearer_one_comes_first_when_two_are_as_alike():
    near, far = mention(TOLD, story="near", hours=30), mention(TOLD, story="far", hours=200)
    ordered = found(far, near, last=NOW + timedelta(hours=6))
    assert [each.mention.id for each in ordered] == ["near", "far"]
    assert [each.apart for each in ordered] == [timedelta(hours=24), timedelta(hours=194)]


def test_what_came_before_is_as_far_as_to_the_beginning():
    (before,) = found(mention(TOLD, hours=-5), last=NOW + timedelta(hours=6))
    assert before.apart == timedelta(hours=5)
    (within,) = found(mention(TOLD, hours=3), last=NOW + timedelta(hours=6))
    assert within.apart == timedelta()


@pytest.mark.parametrize(
    ("own", "theirs", "share"),
    [((), (), 0.0), ((Related("told", 0.4),), (), 0.4), ((), (Related("s", 0.3),), 0.3), ((Related("x", 0.9),), (Related("y", 0.9),), 0.0)],
)
def test_a_quotation_is_told_whichever_came_later(own, theirs, share):
    (only,) = found(mention(TOLD, story="told", related=theirs), first=mention(FIRE, related=own))
    assert only.quoted == share


def test_pieces_are_of_the_title_first_and_not_too_many():
    made = pieces_of(mention("2024年，" + "".join(chr(0x4E00 + number) for number in range(200)), title="起火").document)
    assert made[0] == ("起", "火")
    assert len(made) == MOST_PIECES
    assert ("2024",) not in made
