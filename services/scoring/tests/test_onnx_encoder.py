"""What runs an encoder gives each row its own output, in the order asked for, on a thread that steps back."""

import os
import threading

import numpy as np
import pytest

from yuqing_scoring.adapters.onnx_encoder import OnnxEncoder, background_pool


@pytest.fixture(scope="module")
def encoder(encoder_folder):
    return OnnxEncoder(encoder_folder / "encoder.onnx", encoder_folder / "tokenizer.json")


def first_position(states):
    return states[:, 0] / np.linalg.norm(states[:, 0], axis=1, keepdims=True)


def test_rows_come_in_the_order_asked_for_when_their_lengths_differ(encoder):
    texts = [f"第{number}条消息" + "很长" * (number * 7 % 40) for number in range(70)]
    tokens = encoder.tokens_of(texts)
    together = encoder.run(tokens, first_position)
    alone = np.concatenate([encoder.run([row], first_position) for row in tokens])
    assert together.shape == (70, 512)
    assert (together * alone).sum(1).min() > 0.97  # eight bits are scaled by the batch
    assert ((together @ alone.T).argmax(1) == np.arange(70)).mean() > 0.9


def test_nothing_is_given_when_nothing_is_asked(encoder):
    assert len(encoder.run([], first_position)) == 0


def test_tokens_are_framed_and_not_cut_when_a_text_is_long(encoder):
    [tokens] = encoder.tokens_of(["新" * 700])
    assert (len(tokens), tokens[0], tokens[-1]) == (702, 101, 102)


@pytest.mark.parametrize("broken", ["encoder.onnx", "tokenizer.json"])
def test_the_file_is_refused_when_it_is_not_what_it_should_be(encoder_folder, tmp_path, broken):
    for name in ("encoder.onnx", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}" if name == broken else (encoder_folder / name).read_bytes())
    with pytest.raises(ValueError, match=r"tokenizer|model"):
        OnnxEncoder(tmp_path / "encoder.onnx", tmp_path / "tokenizer.json")


def test_background_threads_step_back_and_no_others_when_they_start():
    ours = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    with background_pool(1, "test") as pool:
        theirs = pool.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result()
    assert theirs == min(19, max(ours, 10))
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == ours
