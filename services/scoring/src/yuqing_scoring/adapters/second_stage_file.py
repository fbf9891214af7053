"""Keeps the second stage in three files: `second_stage.json`, which people can read, and tied to it by SHA-256 the encoder (8-bit ONNX) and its
tokenizer."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from yuqing_scoring.adapters.model_file import MEDIA_ROWS, ModelProblem, StoredModel
from yuqing_scoring.adapters.onnx_encoder import OnnxEncoder
from yuqing_scoring.domain.calibration import Calibration, Calibrations
from yuqing_scoring.domain.encoder_text import encoder_text, shortened
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.second_stage import SecondStage, Shares
from yuqing_scoring.domain.weights import HEADS, Floats

DESCRIPTION, ENCODER, TOKENIZER = "second_stage.json", "encoder.onnx", "tokenizer.json"
UNSEEN: Final = "second_stage_unseen.json"
"""Figures for the card, where they were measured; not needed to judge."""
_NAME: Final = "encoder+linear-ngram"
_RELEASE: Final = "1"
"""Counts changes of what the encoder reads: a model of another release cannot be loaded."""


@dataclass(frozen=True)
class FineTunedEncoder:
    """See `domain.second_stage.Encoder`."""

    network: OnnxEncoder

    def logits(self, passages: Sequence[Passage]) -> Floats:
        """See `Encoder`."""
        if not passages:
            return np.zeros((0, HEADS), np.float32)
        return self.network.run([shortened(tokens) for tokens in self.network.tokens_of([encoder_text(passage) for passage in passages])])


def load_encoder(folder: Path) -> FineTunedEncoder:
    """The encoder alone; raises ModelProblem."""
    try:
        return FineTunedEncoder(OnnxEncoder(folder / ENCODER, folder / TOKENIZER))
    except (OSError, ValueError) as error:
        raise ModelProblem(f"no encoder in {folder}: {error}") from error


def save(folder: Path, *, fast: StoredModel, shares: Shares, calibrations: Calibrations) -> SecondStage:
    """Describes the encoder that lies in the folder already, and gives the stage as it will be loaded. Equal arguments give equal bytes."""
    description: dict[str, Any] = {
        "name": _NAME,
        "files": {name: _sha256(folder / name) for name in (ENCODER, TOKENIZER)},
        "fast_sha256": fast.sha256,
        "shares": asdict(shares),
        "calibration": dict(zip(MEDIA_ROWS, (asdict(each) for each in calibrations.rows), strict=True)),
    }
    description["version"] = f"{_RELEASE}.{hashlib.sha256(json.dumps(description).encode()).hexdigest()[:10]}"
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    return load(folder, fast)


def load(folder: Path, fast: StoredModel) -> SecondStage:
    """Reads and checks all files; raises ModelProblem."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        for name, expected in description["files"].items():
            if (found := _sha256(folder / name)) != expected:
                raise ModelProblem(f"{folder / name} is not the file that {DESCRIPTION} describes: its SHA-256 is {found}")
        if description["fast_sha256"] != fast.sha256:
            raise ModelProblem(f"{folder / DESCRIPTION} belongs to another fast model: train the second stage anew after the first")
        if not str(description["version"]).startswith(f"{_RELEASE}."):
            raise ModelProblem(f"{folder / DESCRIPTION} is of release {description['version']}, release {_RELEASE} is wanted")
        return SecondStage(
            description["name"],
            description["version"],
            fast.model,
            load_encoder(folder),
            Shares(**description["shares"]),
            Calibrations([Calibration(**description["calibration"][row]) for row in MEDIA_ROWS]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelProblem(f"no second stage in {folder}: {error!r}") from error


def has_second_stage(folder: Path) -> bool:
    """Whether the folder of a model holds one: a model may be the fast stage alone."""
    return (folder / DESCRIPTION).exists()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
