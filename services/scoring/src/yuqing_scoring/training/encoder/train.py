# pyright: basic, reportMissingImports=false
"""Makes the encoder of the second stage from labelled sets and a pretrained encoder, from reading them to its files."""

import shutil
from collections.abc import Callable
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

_SEED: Final = 0


def train_encoder(corpus: Corpus, pretrained: Path, tokenizer: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Fine-tunes on the rows of the corpus that are not held back, and writes encoder and tokenizer to the folder.

    `pretrained`: an ONNX file (see that module). About an hour on one core with AVX-512; runs are alike but not equal to the last bit.
    """
    torch.manual_seed(_SEED)
    held = held_back(corpus)
    shown = examples(Corpus([row for row, out in zip(corpus.rows, held, strict=True) if not out]), _SEED)
    cutting = tokenizer_of(tokenizer)
    tokens = [list(shortened(cutting.encode(encoder_text(each.passage)).ids)) for each in shown]
    say(f"{len(shown)} examples of {len(corpus.rows) - int(held.sum())} rows, {sum(map(len, tokens)) / len(tokens):.0f} tokens each")
    network = Network(weights_of(pretrained))
    fit(network, tokens, shown, say)
    folder.mkdir(parents=True, exist_ok=True)
    export(network, folder / ENCODER)
    shutil.copyfile(tokenizer, folder / TOKENIZER)
