import subprocess
import sys
from collections import Counter, defaultdict

import numpy as np
import pytest

from yuqing_scoring.domain.batch import batches
from yuqing_scoring.domain.grams import grams
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment
from yuqing_scoring.domain.weights import rows_of

FLOOR = {"news": 0.8, "forum": 0.8, "review": 0.9, "microblog": 0.8}


def same(one: Judgement, other: Judgement) -> bool:
    return one.sentiment is other.sentiment and np.allclose(
        (one.negative, one.neutral, one.positive), (other.negative, other.neutral, other.positive), atol=1e-5
    )


def test_own_sentences_are_judged_well_when_their_medium_is_given(model, own_sentences):
    right, total = Counter(), Counter()
    for judgement, (passage, wanted) in zip(model.judge([passage for passage, _ in own_sentences]), own_sentences, strict=True):
        total[passage.medium] += 1
        right[passage.medium] += judgement.sentiment is wanted
    assert {medium.value: right[medium] / total[medium] >= FLOOR[medium] for medium in total} == dict.fromkeys(FLOOR, True)


def test_each_class_is_found_when_its_sentences_are_clear(model, own_sentences):
    found = defaultdict(list)
    for judgement, (_, wanted) in zip(model.judge([passage for passage, _ in own_sentences]), own_sentences, strict=True):
        found[wanted].append(judgement.sentiment is wanted)
    assert all(np.mean(hits) >= 0.75 for hits in found.values()), {wanted: np.mean(hits) for wanted, hits in found.items()}


def test_polarity_is_right_when_the_medium_is_not_known(model, own_sentences):
    polar = [(passage, wanted) for passage, wanted in own_sentences if wanted is not Sentiment.NEUTRAL]
    judgements = model.judge([Passage(passage.text, Medium.OTHER) for passage, _ in polar])
    right = [
        (judgement.positive > judgement.negative) is (wanted is Sentiment.POSITIVE) for judgement, (_, wanted) in zip(judgements, polar, strict=True)
    ]
    assert np.mean(right) >= 0.85


def test_a_text_is_judged_the_same_when_alone_and_in_a_batch(model, own_sentences):
    passages = [passage for passage, _ in own_sentences] * 12
    together = model.judge(passages)
    assert len(together) == len(passages)
    assert all(same(model.judge([passage])[0], judgement) for passage, judgement in zip(passages[:220], together[-220:], strict=True))


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud83d", "，。！", "12345", "http://t.cn/x", "好" * 300_000, "👍", "plain English text"])
@pytest.mark.parametrize("medium", list(Medium))
def test_any_text_gets_probabilities_when_it_says_little(model, text, medium):
    [judgement] = model.judge([Passage(text, medium)])
    assert np.isclose(judgement.negative + judgement.neutral + judgement.positive, 1, atol=1e-5)
    assert min(judgement.negative, judgement.neutral, judgement.positive) >= 0


def test_nothing_is_judged_when_there_are_no_texts(model):
    assert model.judge([]) == []


@pytest.mark.parametrize(("good", "bad"), [("[赞]", "[怒]"), ("😍", "😡"), ("[爱你]", "[泪]")])
def test_an_emoticon_alone_decides_the_polarity_when_there_is_nothing_else(model, good, bad):
    liked, disliked = model.judge([Passage(good, Medium.MICROBLOG), Passage(bad, Medium.MICROBLOG)])
    assert liked.positive > liked.negative
    assert disliked.negative > disliked.positive


def test_a_text_means_less_when_its_medium_is_news(model):
    """The medium is an input: the same words are judged differently."""
    text = Passage("今日低开高走", Medium.FORUM), Passage("今日低开高走", Medium.MICROBLOG)
    forum, microblog = model.judge(text)
    assert abs(forum.positive - microblog.positive) > 0.02


def test_logits_do_not_depend_on_the_order_when_texts_are_shuffled(model, own_sentences):
    texts, rows = [passage.text for passage, _ in own_sentences], rows_of([passage.medium for passage, _ in own_sentences])
    order = np.random.default_rng(1).permutation(len(texts))
    straight = model.tables.logits(grams(texts), rows)[0]
    shuffled = model.tables.logits(grams([texts[index] for index in order]), rows[order])[0]
    assert np.allclose(straight[order], shuffled, atol=1e-5)


def test_batches_hold_everything_once_when_texts_are_of_any_length():
    passages = [Passage("字" * length) for length in (0, 500_000, 3, 0, 199_999, 2, *([10] * 3000))]
    cut = list(batches(passages))
    assert [passage for batch in cut for passage in batch] == passages
    assert max(len(batch) for batch in cut) == 1024
    assert all(len(batch) == 1 or sum(len(passage.text) for passage in batch) <= 200_000 for batch in cut)


def test_the_server_needs_no_training_library_when_it_starts():
    code = "import sys, yuqing_scoring.main, yuqing_scoring.commands.score; print([name for name in ('sklearn', 'scipy') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
