"""Loads all stages that the folder of a model holds."""

from pathlib import Path
from typing import Final

from yuqing_scoring.adapters import second_stage_file
from yuqing_scoring.adapters.label_file import LABELS, OFFENCE, OFFENCE_WEIGHTS, load_labeller
from yuqing_scoring.adapters.model_file import CARD, DESCRIPTION, WEIGHTS, load
from yuqing_scoring.domain.first_stage import BothStages, FirstStage
from yuqing_scoring.domain.stages import Stages

SECOND_CARD: Final = "SECOND_STAGE_CARD.md"
_SECOND_STAGE: Final = (second_stage_file.DESCRIPTION, second_stage_file.ENCODER, second_stage_file.TOKENIZER, second_stage_file.UNSEEN, SECOND_CARD)
FILES: Final = frozenset({DESCRIPTION, WEIGHTS, CARD, LABELS, OFFENCE, OFFENCE_WEIGHTS, *_SECOND_STAGE})
"""What the folder of a model may hold."""


def load_model(folder: Path, *, second_stage: bool = True, labels: bool = True) -> Stages:
    """The second stage only where it is wanted and there; `labels`: whether every mention is labelled. Raises ModelProblem."""
    fast = load(folder)
    first = FirstStage(fast.model, load_labeller(folder), labels_all=labels)
    if second_stage and second_stage_file.has_second_stage(folder):
        return Stages(first, BothStages(first, second_stage_file.load(folder, fast)))
    return Stages(first, None)


def card_of(folder: Path) -> str:
    """What is written of the model; empty where nothing is."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in (CARD, SECOND_CARD) if (folder / name).exists())
