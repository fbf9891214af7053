"""Which story a text belongs to, by the rules alone."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.analysis import read
from yuqing_indexing.domain.document import Counts, Document, Mention
from yuqing_indexing.domain.heat import heat
from yuqing_indexing.domain.ids import native_key
from yuqing_indexing.domain.stories import MOST_TEXTS_A_FINGERPRINT, KnownTexts, Placing, story_id
from yuqing_indexing.domain.telling import telling
from yuqing_text.likeness import READ_CHARACTERS

NOW = datetime(2024, 5, 20, tzinfo=UTC)


def words(count, seed=0):
    """Text that is like no other."""
    return "".join(chr(0x4E00 + number) for number in Random(seed).sample(range(20_000), count))


def told(text="", name="", keys=(), **fields):
    document = Document("sources/a", "e.test", NOW, text=text, **fields)
    mention = Mention(name or f"m{hash(text) % 10**9}", document, "", NOW, NOW)
    return telling(mention, read(document), keys)


@pytest.fixture
def placing():
    return Placing(KnownTexts())


def place(placing, text="", **fields):
    return placing.place(told(text, **fields))


A, B, C = (words(200, seed) for seed in (1, 2, 3))


@pytest.mark.parametrize(
    "copy",
    [
        A,
        A[:140],
        A[60:],
        f"{A}{words(100, 3)}",
        f"转自网络:{A[:100]},{A[100:]}🙏",
        "".join(character if number % 10 else "换" for number, character in enumerate(A)),
        f"//@甲:{A}",
        f"我早说过//@乙:是啊//@甲:{A}",
    ],
    ids=["same", "beginning", "end", "added to", "punctuated", "reworded", "passed on", "passed on with words"],
)
@pytest.mark.parametrize("first", ["original", "copy"])
def test_a_copy_belongs_to_the_story_of_its_original_whichever_came_first(placing, copy, first):
    texts = [A, copy] if first == "original" else [copy, A]
    one, other = (place(placing, text, name=f"m{number}") for number, text in enumerate(texts))
    assert one.story == story_id("m0") == other.story
    assert (one.copy, other.copy) == (False, "我早说过" not in texts[1])
    assert place(placing, B, name="other").story == story_id("other")


@pytest.mark.parametrize("text", [f"{A[:100]}{B[:100]}", f"{B}{A[:180]}"])
def test_a_joined_text_is_linked_with_each_and_merged_with_none(placing, text):
    one, other = place(placing, A, name="a"), place(placing, B, name="b")
    joined = place(placing, text, name="j")
    assert joined.story == story_id("j")
    assert {each.story for each in joined.related} == {one.story, other.story}


def test_the_parent_of_a_joined_text_is_the_one_with_more_of_its_characters(placing):
    one, other = place(placing, A, name="a"), place(placing, B, name="b")
    joined = place(placing, f"{A[:80]}{B[:120]}", name="j")
    assert [each.story for each in joined.related] == [other.story, one.story]
    assert [round(each.share, 1) for each in joined.related] == [0.6, 0.4]


def test_a_quotation_is_linked_and_copies_of_the_quoting_text_are_linked_too(placing):
    quoted = place(placing, A[:40], name="a")
    article = f"{words(150, 5)}{A[:40]}{words(150, 6)}"
    quoting, copy = (place(placing, article, name=name) for name in ("q", "c"))
    assert quoting.story == copy.story == story_id("q")
    assert [each.story for each in quoting.related] == [each.story for each in copy.related] == [quoted.story]


@pytest.mark.parametrize(("text", "together"), [("物流很快包装", False), ("物流很快包装很好赞", True)])
def test_short_texts_are_one_story_only_when_they_are_the_same_and_no_mere_saying(placing, text, together):
    first, second = (place(placing, text, name=name) for name in ("a", "b"))
    near = place(placing, f"{text}呀", name="c")
    assert (first.story == second.story) is together
    assert near.story == story_id("c")


def test_a_short_text_is_known_by_its_title_as_well(placing):
    one = place(placing, "如题", title=A[:30], name="a")
    assert place(placing, "如题", title=B[:30], name="b").story != one.story
    assert place(placing, "如题", title=A[:30], name="c").story == one.story


def test_a_repost_belongs_to_what_the_platform_says_whichever_came_first(placing):
    late, bare, early = (
        told("说得好", name="late", repost_of="7"),
        told("转发微博", name="bare", repost_of="7"),
        told("完全同意楼主说的每一个字啊", name="early", repost_of="7"),
    )
    original = told(A, name=native_key("e.test", "7"))
    before, here, after, again = placing.place(early), placing.place(original), placing.place(late), placing.place(bare)
    assert before.story == here.story == after.story == again.story == story_id(original.mention)
    assert (before.copy, here.copy, after.copy, again.copy) == (False, False, False, True)
    assert place(placing, A, name="copied").story == here.story


def test_the_original_joins_those_that_wait_when_they_name_it_by_its_address(placing):
    waiting = place(placing, "转发", name="r", repost_of="https://e.test/p/7")
    keys = ("native", told(repost_of="https://e.test/p/7").passes_on)
    assert place(placing, A, name="native", keys=keys).story == waiting.story


def test_those_that_wait_come_along_when_the_words_they_pass_on_have_a_story_already(placing):
    copied = place(placing, A, name="copied")
    waiting, fork = place(placing, "转发", name="r", repost_of="7"), place(placing, "转发", name="f", repost_of="8")
    assert waiting.story != copied.story
    original = place(placing, f"{A}！", name=native_key("e.test", "7"))
    late = place(placing, "说得好", name="late", repost_of="7")
    assert (original.story, late.story) == (copied.story, copied.story)
    assert placing.joined == {waiting.story: copied.story}
    assert placing.settled(waiting).story == copied.story
    assert place(placing, B, name=native_key("e.test", "8")).story == fork.story


def test_the_words_of_those_that_wait_come_along_too(placing):
    copied = place(placing, A, name="copied")
    place(placing, B, name="r", repost_of="7")
    place(placing, A, name=native_key("e.test", "7"))
    assert place(placing, f"{B}！", name="copy of what the repost said").story == copied.story


def test_nobody_joins_when_their_own_words_are_what_is_copied(placing):
    waiting = place(placing, A, name="r", repost_of="7")
    original = place(placing, A, name=native_key("e.test", "7"))
    assert (original.story, original.copy, placing.joined) == (waiting.story, False, {})


def test_stories_that_join_one_after_the_other_are_all_the_last_one(placing):
    first = place(placing, A, name="first")
    one = place(placing, B, name="one", repost_of="7")
    other = place(placing, C, name="other", repost_of="8")
    place(placing, B, name=native_key("e.test", "8"))  # what waited for 8 joins the story that waits for 7
    assert placing.settled(other).story == one.story
    place(placing, A, name=native_key("e.test", "7"))
    assert {placing.settled(each).story for each in (one, other)} == {first.story}
    assert place(placing, C, name="copy").story == first.story


def test_what_a_person_merged_joins_no_other_story_by_itself(placing):
    copied, waiting = place(placing, A, name="copied"), story_id(native_key("e.test", "7"))
    placing.merged, placing.awaited = {waiting: "by hand"}, {"by hand"}
    assert place(placing, A, name=native_key("e.test", "7")).story == "by hand" != copied.story
    assert not placing.joined


def test_a_long_text_is_kept_as_far_as_it_is_compared_and_told_by_all_of_it(placing):
    long = A * 60
    one, same, other = (told(text, name=name) for name, text in (("a", long), ("b", long), ("c", f"{long}完")))
    assert one.words is not None
    assert other.words is not None
    assert one.words == same.words
    assert len(one.words.tokens) == READ_CHARACTERS
    assert one.words.number != other.words.number
    assert placing.place(one).story == placing.place(other).story


def test_a_footer_that_many_share_glues_nothing_and_is_kept_a_few_times_only(placing):
    footer = words(60, 9)
    placed = [place(placing, f"{words(120, 100 + number)}{footer}", name=f"m{number}") for number in range(40)]
    assert len({each.story for each in placed}) == 40
    assert max(map(len, placing.known.postings.values())) == MOST_TEXTS_A_FINGERPRINT


def test_a_text_is_found_when_it_was_quoted_more_often_than_fingerprints_are_kept(placing):
    statement = place(placing, A[:80], name="a")
    for number in range(2 * MOST_TEXTS_A_FINGERPRINT):
        place(placing, f"{words(150, 200 + number)}{A[:80]}{words(150, 300 + number)}", name=f"m{number}")
    assert place(placing, f"{A[:78]}改了", name="c").story == statement.story


def test_an_edited_mention_keeps_its_story_unless_its_text_is_anothers(placing):
    first, other = place(placing, A, name="a"), place(placing, B, name="b")
    kept = placing.place(told(words(200, 8), name="a"), first)
    moved = placing.place(told(B, name="a"), kept)
    assert kept == first
    assert place(placing, words(200, 8), name="c").story == first.story
    assert (moved.story, moved.copy) == (other.story, True)


@given(st.lists(st.sampled_from([A, A[:140], B, f"{A}转", f"{A[:100]}{B[:100]}", "转发微博", "", "好"]), max_size=8))
def test_every_mention_has_one_story_and_the_same_when_it_is_placed_again(texts):
    first = Placing(KnownTexts())
    placed = {number: place(first, text, name=f"m{number}") for number, text in enumerate(texts)}
    again = Placing(KnownTexts(first.known.texts, first.known.postings))
    for number, text in enumerate(texts):
        assert again.place(told(text, name=f"m{number}"), placed[number]) == placed[number]


def test_heat_is_the_sum_that_its_formula_says():
    assert heat(Counts()) == 1
    assert heat(Counts(likes=2, comments=1, reposts=1, views=20)) == pytest.approx(1 + 2.995732, abs=1e-6)
