from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.analysis import read
from yuqing_indexing.domain.announcing import ChangeKind, announcement, change_between
from yuqing_indexing.domain.document import Author, Counts, Document, Judgement
from yuqing_indexing.domain.merging import first_sight, judged, merged, needs_judgement
from yuqing_indexing.domain.reach import reach
from yuqing_text import fingerprint

START = datetime(2024, 5, 1, tzinfo=UTC)


def fetch(minute=0, text="火锅很好吃", *, vanished=False, url="https://e.test/1", **fields):
    text = "" if vanished else text
    return Document(source="sources/a", site="e.test", fetched=START + timedelta(minutes=minute), text=text, vanished=vanished, url=url, **fields)


FETCHES = st.builds(
    fetch,
    st.integers(0, 3),
    st.sampled_from(["火锅", "火锅!", "火车"]),
    vanished=st.booleans(),
    url=st.sampled_from(["https://e.test/1", "https://e.test/1?from=a", "https://e.test/2"]),
    counts=st.builds(Counts, likes=st.sampled_from([None, 0, 5])),
    published=st.sampled_from([None, START, START + timedelta(minutes=1)]),
    published_precision=st.sampled_from(["minute", "day"]),
)


def content_hash(document):
    return read(document).content_hash


@given(st.text(max_size=20), st.text(max_size=40))
def test_a_reading_has_the_hash_of_the_fingerprint_when_a_text_is_anything(title, text):
    document = fetch(0, text, title=title)
    assert read(document).content_hash == fingerprint.content_hash(title, text)


def fold(fetches):
    mention = first_sight("m", fetches[0], content_hash(fetches[0]))
    for document in fetches[1:]:
        mention = merged(mention, document, content_hash(document))
    return mention


@given(st.lists(FETCHES, min_size=1, max_size=6), st.data())
def test_the_mention_is_the_same_when_fetches_come_in_any_order_and_again(fetches, data):
    repeated = fetches + data.draw(st.lists(st.sampled_from(fetches), max_size=4))
    assert fold(data.draw(st.permutations(repeated))) == fold(fetches)


@given(st.lists(FETCHES, min_size=1, max_size=6))
def test_nothing_changes_when_a_fetch_is_merged_again(fetches):
    mention = fold(fetches)
    assert all(merged(mention, document, content_hash(document)) is mention for document in fetches)


def test_the_time_of_publication_stays_when_a_page_counts_from_now():
    first = fetch(0, published=START - timedelta(minutes=3), published_precision="minute")
    later = fetch(5, published=START - timedelta(minutes=2), published_precision="minute")
    finer = fetch(9, published=START - timedelta(seconds=130), published_precision="second")
    assert fold([first, later]).document.published == first.published
    assert fold([first, later, finer]).document.published == finer.published


def test_an_older_fetch_never_replaces_when_it_comes_late():
    mention = fold([fetch(2, "新", counts=Counts(likes=9)), fetch(1, "旧", counts=Counts(likes=1))])
    assert mention.document.text == "新"
    assert mention.document.counts.likes == 9
    assert mention.first_seen == START + timedelta(minutes=1)
    assert mention.edited


def test_the_text_is_kept_when_the_page_is_gone():
    mention = fold([fetch(1, "曾经在此"), fetch(2, vanished=True)])
    assert (mention.document.text, mention.vanished, mention.edited) == ("曾经在此", True, False)
    back = fold([fetch(1, "曾经在此"), fetch(2, vanished=True), fetch(3, "曾经在此")])
    assert (back.vanished, back.edited) == (False, False)


def test_punctuation_alone_is_no_edit_when_the_tokens_are_the_same():
    assert not fold([fetch(1, "火锅"), fetch(2, "火锅!")]).edited
    assert fold([fetch(1, "火锅"), fetch(2, "火车")]).edited


def test_other_addresses_become_aliases_when_one_mention_has_several():
    mention = fold([fetch(1, url="https://e.test/1"), fetch(2, url="https://e.test/2?utm_a=1")])
    assert mention.aliases == ("https://e.test/1",)


def test_a_judgement_counts_when_it_is_of_the_present_text():
    mention = fold([fetch(1, "好")])
    judgement = Judgement(mention.content_hash, "positive", 0.1, 0.2, 0.7, "zh", "m", "1", START)
    assert needs_judgement(mention)
    assert not needs_judgement(judged(mention, judgement))
    edited = merged(judged(mention, judgement), fetch(2, "坏"), content_hash(fetch(2, "坏")))
    assert needs_judgement(edited)
    assert judged(edited, judgement).judgement is edited.judgement
    assert not needs_judgement(fold([fetch(1, vanished=True)]))


def test_changes_are_told_by_kind_when_something_is_new():
    first = fold([fetch(1, "火锅")])
    counted = fold([fetch(1, "火锅"), fetch(2, "火锅", counts=Counts(likes=1))])
    edited = fold([fetch(1, "火锅"), fetch(2, "火车")])
    gone = fold([fetch(1, "火锅"), fetch(2, vanished=True)])
    seen_again = fold([fetch(1, "火锅"), fetch(2, "火锅")])
    told = announcement(first)
    assert change_between(None, told) is ChangeKind.STORED
    assert change_between(told, announcement(counted)) is ChangeKind.UPDATED
    assert change_between(told, announcement(edited)) is ChangeKind.EDITED
    assert change_between(told, announcement(gone)) is ChangeKind.VANISHED
    assert change_between(told, announcement(seen_again)) is None


def test_reach_is_counted_or_estimated_when_views_are_unknown():
    author = Author("甲", followers=1000)
    assert reach(fetch(counts=Counts(views=3, likes=50), author=author)) == 3
    assert reach(fetch(counts=Counts(likes=1), author=author)) == 50
    assert reach(fetch(counts=Counts(likes=2, reposts=1, comments=1), author=author)) == 80
    assert reach(fetch()) == 0
