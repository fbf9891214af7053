"""A phrase is found in the normal form where its tokens stand one after the other among the text's tokens."""

import random

import pytest

from yuqing_text.normal import normalize
from yuqing_text.tokens import LONGEST_TOKEN, phrase_pattern, token_strings, tokens

SIGNS = ("手", "手", "机", "機", "⼿", "a", "A", "ab", "b ", "1", "１", "é", "к", "。", " ", "😀", "\n", "_", "__ ")


def occurrences(text: str, phrase: tuple[str, ...]) -> list[tuple[int, int]]:
    cut = list(tokens(text))
    starts = [at for at in range(len(cut)) if tuple(token.text for token in cut[at : at + len(phrase)]) == phrase]
    return [(cut[at].start, cut[at + len(phrase) - 1].end) for at in starts]


@pytest.mark.parametrize("seed", range(5))
def test_the_pattern_finds_what_the_tokens_hold(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(2_000):
        text = "".join(rng.choice(SIGNS) for _ in range(rng.randint(0, 30)))
        phrase = tuple(token_strings("".join(rng.choice(SIGNS) for _ in range(rng.randint(1, 4))))) or ("手",)
        assert phrase_pattern(phrase).spans(normalize(text)) == occurrences(text, phrase), (text, phrase)


@pytest.mark.parametrize("character", ["a", "к"])
def test_only_the_tokens_tell_when_a_run_is_cut(character: str) -> None:
    whole, cut = character * LONGEST_TOKEN, character * (LONGEST_TOKEN + 1)
    assert phrase_pattern((whole,)).spans(whole) == [(0, LONGEST_TOKEN)]
    assert phrase_pattern((whole,)).spans(cut) is None
    assert phrase_pattern(("手",)).spans(f"{cut}手") == [(LONGEST_TOKEN + 1, LONGEST_TOKEN + 2)]
