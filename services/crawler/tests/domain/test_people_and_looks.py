"""Second looks, patrols and findings."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from yuqing_crawler.domain.document import Author, Counts, Document, ItemKind
from yuqing_crawler.domain.findings import Finding, as_given, completed
from yuqing_crawler.domain.keys import address_key, document_key
from yuqing_crawler.domain.patrols import PatrolState, day_of, is_due, receipt_number, state_of
from yuqing_crawler.domain.revisits import STEPS, heat, is_worth_revisiting, next_step

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def document(**changes: object) -> Document:
    return Document(**{"site": "a.test", "url": "http://a.test/1", "text": "x", **changes})  # type: ignore[arg-type]


def test_a_mention_is_looked_at_again_when_it_is_fresh() -> None:
    assert is_worth_revisiting(document(published_at=NOW - timedelta(hours=1)), NOW)
    assert is_worth_revisiting(document(), NOW)


def test_a_mention_is_left_alone_when_it_is_old_or_has_no_page_of_its_own() -> None:
    assert not is_worth_revisiting(document(published_at=NOW - timedelta(days=4)), NOW)
    assert not is_worth_revisiting(document(item_kind=ItemKind.COMMENT), NOW)
    assert not is_worth_revisiting(document(url=""), NOW)


def test_reposts_are_hotter_than_likes_when_counted() -> None:
    assert heat(Counts(reposts=10)) > heat(Counts(comments=10)) > heat(Counts(likes=10)) > heat(Counts(views=10)) > heat(Counts())


def test_a_cold_mention_is_left_alone_when_nobody_reacted_twice() -> None:
    assert next_step(0, STEPS, heat_before=0, heat_now=0) == 1
    assert next_step(1, STEPS, heat_before=0, heat_now=0) is None


def test_a_hot_mention_is_looked_at_to_the_end_when_people_react() -> None:
    steps = [0]
    while (step := next_step(steps[-1], STEPS, heat_before=1, heat_now=5)) is not None:
        steps.append(step)
    assert steps == [0, 1, 2, 3, 4]


def test_a_day_is_the_organisations_when_it_is_another_in_utc() -> None:
    assert day_of(datetime(2026, 3, 1, 17, tzinfo=UTC), ZoneInfo("Asia/Shanghai")) == date(2026, 3, 2)


def test_a_patrol_is_due_when_its_weekday_comes() -> None:
    assert is_due([7], date(2026, 3, 1))
    assert not is_due([1, 2, 3, 4, 5, 6], date(2026, 3, 1))


@pytest.mark.parametrize(
    ("day", "completed_", "state"),
    [(1, False, PatrolState.MISSED), (2, False, PatrolState.OPEN), (3, False, PatrolState.OPEN), (1, True, PatrolState.DONE)],
)
def test_a_visit_is_missed_when_its_day_is_over(day: int, completed_: bool, state: PatrolState) -> None:
    assert state_of(date(2026, 3, day), date(2026, 3, 2), completed=completed_) is state


def test_a_receipt_names_day_and_number_when_given() -> None:
    assert receipt_number(date(2026, 3, 1), 7) == "20260301-0007"


def test_a_finding_has_an_identity_of_its_own_when_it_has_no_link() -> None:
    first = as_given(Finding("employeeReports/a", 0, text="听说门店排队"))
    second = as_given(Finding("employeeReports/b", 0, text="听说门店排队"))
    assert first is not None
    assert second is not None
    assert document_key(first.site, first.native_id, first.url) != document_key(second.site, second.native_id, second.url)


def test_a_finding_gives_no_document_when_it_is_only_a_link() -> None:
    assert as_given(Finding("employeeReports/a", url="http://a.test/1")) is None
    assert Finding("employeeReports/a", text="  ").is_empty


def test_the_page_counts_when_the_person_says_otherwise() -> None:
    finding = Finding("employeeReports/a", url="http://a.test/1", title="他的标题", author="某人", published_at=NOW)
    page = completed(document(title="网页标题", author=Author("作者")), finding)
    bare = completed(document(), finding)
    assert (page.title, page.author.display_name) == ("网页标题", "作者")
    assert (bare.title, bare.author.display_name, bare.published_at) == ("他的标题", "某人", NOW)


def test_a_document_is_known_by_its_native_id_when_it_has_one() -> None:
    assert document_key("a.test", "1", "http://a.test/x") == document_key("a.test", "1", "http://a.test/y")
    assert document_key("a.test", "", "http://a.test/x") == address_key("http://a.test/x")
    assert document_key("a.test", "1", "") != document_key("b.test", "1", "")
