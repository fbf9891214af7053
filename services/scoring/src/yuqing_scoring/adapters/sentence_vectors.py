"""Makes sentence vectors by a pretrained encoder that lies in a folder of its own: what texts mean, as numbers that can be compared.

The vector is the first position of the last layer, made 1 long, as the encoder was taught (S. Xiao et al., C-Pack, SIGIR 2024).
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from yuqing_scoring.adapters.onnx_encoder import Floats, OnnxEncoder
from yuqing_text.normal import normalize

MODEL, TOKENIZER = "encoder.onnx", "tokenizer.json"
WIDTH: Final = 512
"""What the index of vectors is made for."""
LONGEST_TOKENS: Final = 96
"""Tokens read of a text, with the two that frame it. Of 196 pairs of news on one topic, the other is among the first ten of 523 for 96.4 % with
48 tokens, 98.0 % with 64 or 96, 99.0 % with 128, which takes 1.4 times as long as 96."""
_LONGEST_CODE_POINTS: Final = 600
_RELEASE: Final = "1"
"""Counts changes of what is read of a text: vectors of different releases cannot be compared."""


class VectorsProblem(ValueError):
    """The folder holds no encoder that can be used; the message says what is wrong."""


class SentenceVectors:
    """The vectors of one encoder. Holds no state, so threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Raises VectorsProblem."""
        try:
            files = [(folder / name).read_bytes() for name in (MODEL, TOKENIZER)]
            self._encoder = OnnxEncoder(files[0], folder / TOKENIZER)
        except (OSError, ValueError) as error:
            raise VectorsProblem(f"no encoder in {folder}: {error}") from error
        self.encoder = f"{_RELEASE}.{hashlib.sha256(b''.join(files)).hexdigest()[:12]}"
        if (width := self.of(["好"]).shape[1]) != WIDTH:
            raise VectorsProblem(f"the encoder in {folder} makes vectors of {width} numbers, the index keeps {WIDTH}")

    def of(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text."""
        read = [normalize(" ".join(text[:_LONGEST_CODE_POINTS].split())) for text in texts]
        vectors = self._encoder.run([_shortened(tokens) for tokens in self._encoder.tokens_of(read)], _first_position)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _shortened(tokens: list[int]) -> list[int]:
    """The beginning, and the sign that ends a text."""
    return tokens if len(tokens) <= LONGEST_TOKENS else [*tokens[: LONGEST_TOKENS - 1], tokens[-1]]


def _first_position(states: Floats) -> Floats:
    return states[:, 0]
