"""Writes the card of the second stage, beside that of the fast one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from yuqing_scoring.domain.second_stage import SecondStage
from yuqing_scoring.training.card import figure_lines
from yuqing_scoring.training.figures import Figures
from yuqing_scoring.training.second_stage import HELD_FOLDS
from yuqing_scoring.training.unseen import UnseenByStage

SECOND_CARD: Final = "SECOND_STAGE_CARD.md"


@dataclass(frozen=True)
class SecondEvidence:
    """All that the card tells; `encoder_bytes` and `encoder_sha256` are of its file."""

    stage: SecondStage
    figures: Figures
    unseen: Mapping[str, UnseenByStage]
    texts_a_second: int
    encoder_bytes: int
    encoder_sha256: str


def second_card(evidence: SecondEvidence) -> str:
    """The card in Markdown."""
    return "\n".join(_lines(evidence)) + "\n"


def _lines(evidence: SecondEvidence) -> Iterator[str]:
    stage = evidence.stage
    yield f"# Model card: {stage.name} {stage.version}"
    yield ""
    yield f"Written by `yuqing model train-second`. Encoder: {evidence.encoder_bytes} bytes, SHA-256 `{evidence.encoder_sha256}`."
    yield ""
    yield "**What it does.** The second stage of sentiment: an encoder reads the text after the name of its medium, and its two logits (polarity"
    yield f"and neutral) are added to those of the fast model, which count {stage.shares.polarity} and {stage.shares.neutral} times."
    yield "The encoder is BAAI/bge-small-zh-v1.5 (BERT, 4 layers, 512 wide, MIT licence), fine-tuned on the train rows of the sets that the fast"
    yield "model's card names, in one more round with texts of our own among them; its word embeddings are as they were pretrained. 8 bits a"
    yield "weight. From its second layer on, two neighbouring tokens are one state, and its last layer is asked only for the two states that the"
    yield "heads read: about half of the work."
    yield ""
    yield f"**How it was calibrated.** On one fold of {HELD_FOLDS} of the train rows, which neither the encoder nor the fast model used there saw."
    yield "The decision on news leans towards negative, so that more of the negative news is found."
    yield ""
    yield "**Licence.** As of the fast model: the licence of the training texts is unstated for almost all sets, so a person decides before"
    yield "it is given away."
    yield ""
    yield "## Figures on the split `dev`, on which nothing was fitted"
    yield ""
    yield from figure_lines(evidence.figures)
    yield ""
    yield from unseen_lines(evidence.unseen)
    yield ""
    yield "## Speed"
    yield ""
    yield f"{evidence.texts_a_second} texts of 60 characters a second, in one thread of the machine that wrote this card."
    yield ""
    yield "## Limits"
    yield ""
    yield "- Those of the fast model, but for word order and negation, which it reads. It reads the first 56 and the last 24 tokens of a text."
    yield "- Processors without 8-bit instructions (VNNI) round otherwise: figures differ there by tenths."


def unseen_lines(unseen: Mapping[str, UnseenByStage]) -> Iterator[str]:
    """A table of both stages on sets that were left out, and how it was made."""
    yield "## Sets that were left out of training"
    yield ""
    if not unseen:
        yield "Not measured: `yuqing model unseen-second` does, by one more training."
        return
    yield "Both stages made anew without these sets, all at once, calibration included, and measured on their dev rows: nearer to what texts from"
    yield "elsewhere will get. The encoder was trained in one round from the pretrained one, where that of this model had two."
    yield "*Negative or not* is decided by the largest of the three probabilities; between two classes the larger of the two decides."
    yield ""
    yield "| set left out | rows | accuracy: fast alone | both | negative or not: fast alone | both |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for source, each in unseen.items():
        fast, both = each.fast, each.both
        yield f"| {source} | {fast.rows} | {fast.accuracy} | {both.accuracy} | {fast.negative_or_not} | {both.negative_or_not} |"
