import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqing_scoring.domain.grams import BUCKETS, LARGEST_BATCH, grams

KNOWN_GOOD = [31315, 157284, 432066, 558879, 987722]
KNOWN_MIXED = [
    *(18781, 123787, 157284, 220112, 236759, 247520, 257515, 302077, 357511, 392998, 435616),
    *(471828, 557477, 609995, 614310, 759096, 794980, 880360, 908205, 913133, 1014792),
]


def buckets(text, *others):
    found = grams([text, *others])
    return found.buckets[: found.counts[0]].tolist()


def test_hashes_are_the_known_ones_when_a_text_is_fixed():
    assert buckets("好") == KNOWN_GOOD
    assert buckets("怒[怒]😡 http://t.cn/x 12.5") == KNOWN_MIXED


def test_hashes_are_the_same_when_another_process_makes_them():
    code = "from yuqing_scoring.domain.grams import grams; print(grams(['服务态度很差[怒]']).buckets.tolist())"
    runs = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert runs == {f"{grams(['服务态度很差[怒]']).buckets.tolist()}\n"}


def test_a_text_has_its_ends_as_features_when_it_is_empty():
    found = grams(["", "好", ""])
    assert found.counts.tolist() == [2, 5, 2]  # the END before it, and both ENDs; with a character: 2 + 2 + 1
    assert buckets("") == found.buckets[-2:].tolist()


def test_repeats_count_once_when_a_text_repeats_itself():
    assert buckets("哈哈哈哈哈哈哈哈") == buckets("哈哈哈哈")


def test_a_batch_is_refused_when_it_is_too_large():
    with pytest.raises(ValueError, match="4097 texts"):
        grams(["好"] * (LARGEST_BATCH + 1))


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_a_text_has_the_same_grams_when_others_are_in_its_batch(texts):
    together = grams(texts)
    alone = [buckets(text) for text in texts]
    assert [each.tolist() for each in np.split(together.buckets, together.starts[1:])] == alone
    assert all(0 <= bucket < BUCKETS for each in alone for bucket in each)
    assert all(each == sorted(set(each)) for each in alone)
