"""Fragments show the found words with some text around them, and nothing is lost or shifted."""

from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.query.highlight import highlight
from yuqing_text.query.matcher import Span


def test_whole_text_is_the_fragment_when_it_is_short() -> None:
    (fragment,) = highlight("我的手机爆炸了", [Span(2, 4), Span(4, 6)], 50)
    assert (fragment.text, fragment.spans, fragment.start) == ("我的手机爆炸了", (Span(2, 6),), 0)


def test_fragment_begins_at_a_sentence_when_one_begins_shortly_before() -> None:
    text = "很" * 100 + "。今天手机爆炸了" + "啊" * 100
    (fragment,) = highlight(text, [Span(103, 105)], 30)
    assert fragment.text.startswith("今天手机")
    assert fragment.spans == (Span(2, 4),)


def test_words_share_a_fragment_when_they_are_close() -> None:
    text = "x" * 200 + "a" + "x" * 10 + "b" + "x" * 200
    (fragment,) = highlight(text, [Span(200, 201), Span(211, 212)], 60)
    assert [fragment.text[span.start : span.end] for span in fragment.spans] == ["a", "b"]


def test_fragments_are_few_when_there_are_many_words() -> None:
    assert len(highlight("a" + "x" * 500, [Span(0, 1), *(Span(start, start + 1) for start in range(100, 500, 100))], 50, most=2)) == 2


def test_nothing_is_shown_when_nothing_was_found() -> None:
    assert highlight("text", [], 50) == []


@given(st.text("ab。x", min_size=1, max_size=200), st.data())
def test_spans_mark_the_same_text_whatever_is_cut(text: str, data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=8))
    spans = [Span(start, min(len(text), start + data.draw(st.integers(1, 5)))) for start in starts]
    characters = data.draw(st.integers(5, 60))

    fragments = highlight(text, spans, characters, most=100)

    covered = {index for span in spans for index in range(*span)}
    shown = {fragment.start + index for fragment in fragments for span in fragment.spans for index in range(*span)}
    assert shown <= covered
    assert all(text[fragment.start : fragment.start + len(fragment.text)] == fragment.text for fragment in fragments)
    assert all(len(fragment.text) <= characters for fragment in fragments)
    assert all(0 <= span.start < span.end <= len(fragment.text) for fragment in fragments for span in fragment.spans)
    ends = [fragment.start + len(fragment.text) for fragment in fragments]
    assert all(end <= following.start for end, following in zip(ends, fragments[1:], strict=False))
    assert {span.start for span in spans if not any(other.start < span.start <= other.end for other in spans)} <= shown
