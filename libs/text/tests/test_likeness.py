import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.likeness import COMMON_TOKENS, FINGERPRINT_TOKENS, LEAST_WINDOWS, WIDEST_WINDOW, sketch_of
from yuqing_text.tokens import token_text

TOKENS = st.lists(st.sampled_from("锅火烟客服电器退款不好说又来了真的abc123"), max_size=200)
GUARANTEED = WIDEST_WINDOW + FINGERPRINT_TOKENS - 1


def sketch(tokens):
    return sketch_of(" ".join(tokens))


def distinct(count, start=0x4E00):
    return [chr(start + number) for number in range(count)]


@given(TOKENS)
def test_a_sketch_counts_the_tokens_when_a_text_is_anything(tokens):
    assert sketch(tokens).size == len(tokens)


@given(TOKENS, TOKENS, st.integers(0, 3_000))
def test_two_texts_share_a_fingerprint_when_they_share_a_long_run(before, after, start):
    shared = distinct(GUARANTEED, 0x4E00 + start)
    one, other = sketch([*before, *shared]), sketch([*shared, *after])
    assert set(one.fingerprints) & set(other.fingerprints)


def test_a_text_is_too_short_for_a_fingerprint_when_it_has_fewer_tokens_than_a_run():
    assert sketch(distinct(FINGERPRINT_TOKENS - 1)).fingerprints == []
    assert len(sketch(distinct(FINGERPRINT_TOKENS)).fingerprints) == 1


def test_fingerprints_grow_slower_than_the_text_when_it_gets_longer():
    counts = [len(sketch(distinct(size)).fingerprints) for size in (30, 100, 300, 3_000)]
    assert all(LEAST_WINDOWS <= count <= 4 * LEAST_WINDOWS for count in counts[:3])
    assert 3_000 / WIDEST_WINDOW <= counts[3] <= 3 * 3_000 / WIDEST_WINDOW


@given(st.text(max_size=60))
def test_a_text_holds_all_of_itself_when_it_has_a_run(text):
    one = sketch_of(token_text(text))
    assert one.common_with(one).all() == (one.size == 0 or one.size >= COMMON_TOKENS)


@given(TOKENS, TOKENS)
def test_common_tokens_stand_in_runs_of_both_when_texts_are_anything(one, other):
    mask = sketch(one).common_with(sketch(other))
    runs = {tuple(other[start : start + COMMON_TOKENS]) for start in range(len(other) - COMMON_TOKENS + 1)}
    expected = [False] * len(one)
    for start in range(len(one) - COMMON_TOKENS + 1):
        if tuple(one[start : start + COMMON_TOKENS]) in runs:
            expected[start : start + COMMON_TOKENS] = [True] * COMMON_TOKENS
    assert mask.tolist() == expected


def test_a_cut_is_held_whole_and_holds_its_part_when_it_is_compared():
    whole = distinct(200)
    cut = whole[40:160]
    assert sketch(cut).common_with(sketch(whole)).all()
    assert sketch(whole).common_with(sketch(cut)).mean() == 0.6


def test_tokens_are_told_apart_when_the_same_letters_are_cut_otherwise():
    assert sketch_of("ab c").tokens.tolist() != sketch_of("a bc").tokens.tolist()
    assert len(set(sketch_of("锅 ab 锅 ab").tokens.tolist())) == 2


def test_fingerprints_are_the_same_when_another_process_makes_them():
    code = "from yuqing_text.likeness import sketch_of; print(sketch_of(' '.join(map(chr, range(0x4E00, 0x4E64)))).fingerprints)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert told.stdout.strip() == str(sketch(distinct(100)).fingerprints)
