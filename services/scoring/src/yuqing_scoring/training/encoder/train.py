# pyright: basic, reportMissingImports=false
"""Makes the encoder of the second stage from labelled sets and a pretrained encoder, from reading them to its files."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from yuqing_scoring.adapters.onnx_encoder import tokenizer_of
from yuqing_scoring.adapters.second_stage_file import ENCODER, TOKENIZER
from yuqing_scoring.domain.encoder_text import encoder_text, shortened
from yuqing_scoring.training.corpus import Corpus
from yuqing_scoring.training.encoder.export import export
from yuqing_scoring.training.encoder.fit import fit
from yuqing_scoring.training.encoder.network import Network
from yuqing_scoring.training.encoder.pretrained import weights_of
from yuqing_scoring.training.encoder.rows import examples
from yuqing_scoring.training.second_stage import held_back

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Round:
    """Once through examples of its own: whether the network runs without its savings, how often rows of three-class sets are shown, how many of a
    two-class set, the rate."""

    whole: bool
    passes_three_class: int
    rate: float
    most_of_two_class: int = 14_000


ALL_ROUNDS: Final = (Round(whole=True, passes_three_class=2, rate=1e-4), Round(whole=False, passes_three_class=1, rate=6e-5))
"""First it learns as it was pretrained, then with the savings, to which it gets used at once."""
ONE_ROUND: Final = (Round(whole=False, passes_three_class=2, rate=1e-4),)
"""A third of the time, for what is only measured."""
TUNING: Final = (Round(whole=False, passes_three_class=1, rate=3e-5, most_of_two_class=2_000),)
"""For an encoder that has learnt before: what is new, and enough of all else that it is not forgotten."""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The files to start from: an ONNX file, pretrained or exported here (see `pretrained`), and the tokenizer's."""

    network: Path
    tokenizer: Path


def train_encoder(corpus: Corpus, start: Pretrained, folder: Path, say: Say, *, rounds: Sequence[Round] = ALL_ROUNDS) -> None:
    """Fine-tunes on the rows of the corpus that are not held back, and writes encoder and tokenizer to the folder.

    An hour and a quarter on one core with AVX-512; runs are alike but not equal to the last bit.
    """
    held = held_back(corpus)
    learnt = Corpus([row for row, out in zip(corpus.rows, held, strict=True) if not out])
    cutting = tokenizer_of(start.tokenizer)
    torch.manual_seed(0)
    network = Network(weights_of(start.network))
    for seed, each in enumerate(rounds):
        shown = examples(learnt, passes_three_class=each.passes_three_class, most_of_two_class=each.most_of_two_class, seed=seed)
        tokens = [list(shortened(cutting.encode(encoder_text(example.passage)).ids)) for example in shown]
        say(f"{len(shown)} examples of {len(learnt.rows)} rows, {sum(map(len, tokens)) / len(tokens):.0f} tokens each")
        network.whole = each.whole
        fit(network, tokens, shown, say, rate=each.rate)
    folder.mkdir(parents=True, exist_ok=True)
    export(network, folder / ENCODER)
    if start.tokenizer != folder / TOKENIZER:
        shutil.copyfile(start.tokenizer, folder / TOKENIZER)


def tune_encoder(corpus: Corpus, folder: Path, say: Say) -> None:
    """Goes on with the encoder in the folder, from its 8 bits, through one short round. A quarter of an hour of one core."""
    train_encoder(corpus, Pretrained(folder / ENCODER, folder / TOKENIZER), folder, say, rounds=TUNING)
