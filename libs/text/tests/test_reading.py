"""A batch of texts reads as each of them does by itself."""

from hypothesis import example, given
from hypothesis import strategies as st

from yuqing_text.normal import normalize
from yuqing_text.reading import read_texts, token_numbers
from yuqing_text.tokens import LONGEST_TOKEN, token_spans, token_text

ANY_TEXTS = st.lists(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("a0Ａé機机 \n_がき"))), max_size=6)


@given(ANY_TEXTS)
@example([])
@example(["", "", "a", "\n", ""])
@example(["x" * (3 * LONGEST_TOKEN) + "é" * (LONGEST_TOKEN + 1), "x" * LONGEST_TOKEN, "x" * (LONGEST_TOKEN + 1)])
@example(["機" * 70_000, "a", "機a" * 70_000])
def test_batch_reads_as_its_texts_do_one_by_one_whatever_they_are(texts: list[str]) -> None:
    assert read_texts(texts) == [(normalize(text), token_text(text)) for text in texts]


@given(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("a0Ａé機机 \n_がき"))))
@example("x" * (3 * LONGEST_TOKEN) + "é" * (LONGEST_TOKEN + 1))
def test_tokens_are_numbered_as_they_are_cut(text: str) -> None:
    numbers = token_numbers(normalize(text))
    assert len(numbers) == len(text)
    assert [int(numbers[start]) for start, _ in token_spans(text)] == list(range(len(token_spans(text))))
