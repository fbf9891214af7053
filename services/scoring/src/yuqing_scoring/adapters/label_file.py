"""Keeps what was fitted for labels: `labels.json`, the weights of the rules by their names, and `offence.json` with `offence.npy.xz`."""

import hashlib
import io
import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem
from yuqing_scoring.adapters.rule_file import load_rules
from yuqing_scoring.domain.grams import BUCKETS
from yuqing_scoring.domain.judgement import SENTIMENTS
from yuqing_scoring.domain.labels.finding import Finder
from yuqing_scoring.domain.labels.label_keys import KEYS, PLACES
from yuqing_scoring.domain.labels.label_model import LabelModel
from yuqing_scoring.domain.labels.labeller import Labeller
from yuqing_scoring.domain.labels.offence import OffenceModel
from yuqing_scoring.domain.labels.rules import MEDIA, Context, RuleBook, RuleProblem, Table
from yuqing_scoring.domain.weights import Floats, quantized, restored

LABELS, OFFENCE, OFFENCE_WEIGHTS = "labels.json", "offence.json", "offence.npy.xz"
_DECIMALS: Final = 4


def load_labeller(folder: Path = SHIPPED) -> Labeller:
    """From the files of the folder, or the shipped ones where it has none, and the shipped rules. Raises ModelProblem."""
    folder = folder if (folder / LABELS).exists() else SHIPPED
    try:
        book = load_rules()
        fitted = (folder / LABELS).read_bytes()
        offence = (folder / OFFENCE).read_bytes()
        model = _label_model(json.loads(fitted), book)
        version = hashlib.sha256(fitted + offence + repr(book.rules).encode()).hexdigest()[:10]
        return Labeller(version, Finder(book.rules), [rule.name for rule in book.rules], model, load_offence(folder))
    except (OSError, KeyError, ValueError, RuleProblem) as error:
        raise ModelProblem(f"no judge of labels in {folder}: {error!r}") from error


def save_labels(folder: Path, book: RuleBook, model: LabelModel) -> None:
    """Writes the weights so that people can read and compare them."""
    context = model.context
    description = {
        "shown_from": model.shown_from,
        "bias": _by_key(context.bias),
        "medium": {medium.value: _by_key(context.media[row]) for row, medium in enumerate(MEDIA)},
        "tone": {sentiment.value: _by_key(context.tone[row]) for row, sentiment in enumerate(SENTIMENTS)},
        "other_intents": _by_key(context.beside),
        "rules": {rule.name: _by_key(model.rules[row]) for row, rule in enumerate(book.rules) if rule.weights},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LABELS).write_text(json.dumps(description, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def save_offence(folder: Path, model: OffenceModel, figures: Mapping[str, Any]) -> None:
    """Writes both files, eight bits a weight; `figures` are told beside."""
    weights = model.weights.astype(np.float32)
    largest = float(np.abs(weights).max()) or 1.0
    raw = io.BytesIO()
    np.save(raw, quantized(weights, largest))
    packed = lzma.compress(raw.getvalue(), preset=9)
    description = {
        "weights_sha256": hashlib.sha256(packed).hexdigest(),
        "largest": largest,
        "slope": model.slope,
        "offset": model.offset,
        "figures": figures,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / OFFENCE_WEIGHTS).write_bytes(packed)
    (folder / OFFENCE).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


def load_offence(folder: Path) -> OffenceModel:
    """Raises ModelProblem, OSError or KeyError."""
    description = json.loads((folder / OFFENCE).read_text(encoding="utf-8"))
    packed = (folder / OFFENCE_WEIGHTS).read_bytes()
    if hashlib.sha256(packed).hexdigest() != description["weights_sha256"]:
        raise ModelProblem(f"{folder / OFFENCE_WEIGHTS} is not the file that {OFFENCE} describes")
    levels: NDArray[np.int8] = np.load(io.BytesIO(lzma.decompress(packed)), allow_pickle=False)
    if levels.shape != (BUCKETS,):
        raise ModelProblem(f"{folder / OFFENCE_WEIGHTS} has weights of the form {levels.shape}")
    weights: Floats = restored(levels, description["largest"])
    return OffenceModel(weights.astype(np.float16), description["slope"], description["offset"])


def _label_model(description: Mapping[str, Any], book: RuleBook) -> LabelModel:
    """A rule that was never fitted has the weights that its analyst gave it."""
    rules = book.weights
    for row, rule in enumerate(book.rules):
        if rule.name in description["rules"]:
            rules[row] = _row(description["rules"][rule.name])
    context = Context(
        bias=_row(description["bias"]),
        media=np.stack([_row(description["medium"][medium.value]) for medium in MEDIA]),
        tone=np.stack([_row(description["tone"][sentiment.value]) for sentiment in SENTIMENTS]),
        beside=_row(description["other_intents"]),
    )
    return LabelModel(rules, context, description["shown_from"])


def _by_key(row: Table) -> dict[str, float]:
    return {key: round(float(weight), _DECIMALS) for key, weight in zip(KEYS, row, strict=True) if weight}


def _row(weights: Mapping[str, float]) -> Table:
    row = np.zeros(len(KEYS))
    for key, weight in weights.items():
        row[PLACES[key]] = weight
    return row
