"""Keeps a model in two files: `sentiment.json`, which people can read, and `sentiment.npy.xz`, its weights, tied to it by SHA-256."""

import hashlib
import io
import json
import lzma
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from yuqing_scoring.domain.calibration import Calibration, Calibrations
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.grams import BUCKETS, LONGEST_GRAM
from yuqing_scoring.domain.judgement import Medium
from yuqing_scoring.domain.weights import HEADS, TRAINED_MEDIA, Floats, Tables, quantized, restored

SHIPPED: Final = Path(__file__).parent.parent / "models"
"""The folder of the model that comes with the package."""
DESCRIPTION, WEIGHTS, CARD = "sentiment.json", "sentiment.npy.xz", "MODEL_CARD.md"
_NAME: Final = "linear-ngram"
_RELEASE: Final = "1"
"""Counts changes of what the weights mean (reading, hashing, heads): a model of another release cannot be loaded."""
MEDIA_ROWS: Final = (*(medium.value for medium in TRAINED_MEDIA), Medium.OTHER.value)


class ModelProblem(Exception):
    """The model's files are missing, damaged, or made for another release of this package; the message says which."""


@dataclass(frozen=True)
class StoredModel:
    """A loaded model, and the SHA-256 of its weights."""

    model: FastModel
    sha256: str


def save(folder: Path, *, shared: Floats, changes: Floats, calibrations: Calibrations) -> StoredModel:
    """Writes both files, eight bits a weight, and gives the model as it will be loaded. Equal arguments give equal bytes."""
    largest = [[_largest(shared[head]), _largest(changes[head])] for head in range(HEADS)]
    levels = np.stack(
        [np.concatenate([quantized(shared[head][None], largest[head][0]), quantized(changes[head], largest[head][1])]) for head in range(HEADS)]
    )
    raw = io.BytesIO()
    np.save(raw, levels)
    packed = lzma.compress(raw.getvalue(), preset=9)
    sha256 = hashlib.sha256(packed).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(packed)
    _describe(folder, largest=largest, sha256=sha256, calibrations=calibrations)
    return load(folder)


def recalibrate(folder: Path, calibrations: Calibrations) -> StoredModel:
    """Gives the model in the folder other calibrations; its weights stay. Errors: ModelProblem."""
    present = load(folder)
    largest = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))["largest"]
    _describe(folder, largest=largest, sha256=present.sha256, calibrations=calibrations)
    return load(folder)


def load(folder: Path = SHIPPED) -> StoredModel:
    """Reads and checks both files; raises ModelProblem."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        packed = (folder / WEIGHTS).read_bytes()
    except (OSError, ValueError) as error:
        raise ModelProblem(f"no model in {folder}: {error}") from error
    sha256 = hashlib.sha256(packed).hexdigest()
    if sha256 != description.get("weights_sha256"):
        raise ModelProblem(f"{folder / WEIGHTS} is not the file that {DESCRIPTION} describes: its SHA-256 is {sha256}")
    try:
        return StoredModel(_model(description, packed), sha256)
    except (KeyError, TypeError, ValueError, lzma.LZMAError) as error:
        raise ModelProblem(f"{folder / DESCRIPTION} is of another release: {error!r}") from error


def _model(description: dict[str, Any], packed: bytes) -> FastModel:
    if not str(description["version"]).startswith(f"{_RELEASE}."):
        raise ValueError(f"version {description['version']}, release {_RELEASE} is wanted")
    levels = np.load(io.BytesIO(lzma.decompress(packed)), allow_pickle=False)
    if levels.shape != (HEADS, 1 + len(TRAINED_MEDIA), BUCKETS) or levels.dtype != np.int8:
        raise ValueError(f"weights of the form {levels.shape} {levels.dtype}")
    largest = description["largest"]
    shared = np.stack([restored(levels[head, 0], largest[head][0]) for head in range(HEADS)])
    changes = np.stack([restored(levels[head, 1:], largest[head][1]) for head in range(HEADS)])
    calibrations = Calibrations([Calibration(**description["calibration"][row]) for row in MEDIA_ROWS])
    return FastModel(description["name"], description["version"], Tables.of(shared, changes), calibrations)


def _describe(folder: Path, *, largest: list[list[float]], sha256: str, calibrations: Calibrations) -> None:
    description = {
        "name": _NAME,
        "version": f"{_RELEASE}.{_digest(calibrations, sha256)[:10]}",
        "weights_sha256": sha256,
        "buckets": BUCKETS,
        "longest_gram": LONGEST_GRAM,
        "largest": largest,
        "calibration": dict(zip(MEDIA_ROWS, (asdict(each) for each in calibrations.rows), strict=True)),
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


def _largest(weights: Floats) -> float:
    return float(np.abs(weights).max()) or 1.0


def _digest(calibrations: Calibrations, weights_sha256: str) -> str:
    parts = json.dumps([weights_sha256, [asdict(each) for each in calibrations.rows]])
    return hashlib.sha256(parts.encode()).hexdigest()
