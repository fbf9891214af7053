"""Labelled texts in the form that models are trained with."""

import hashlib
from dataclasses import dataclass
from typing import Final

from yuqing_indexing.domain.document import Document

LABELS: Final = {"negative": "neg", "neutral": "neu", "positive": "pos"}
_HELD_OF: Final = 5
"""One in so many texts is held back from training."""
_ID_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Given:
    """The sentiment that people give a text, by its mention and the hash of its content."""

    mention: str
    content_hash: str
    sentiment: str


def set_name(medium: str) -> str:
    """The set that texts of a medium are in."""
    return f"labelled_{medium or 'other'}"


def row(given: Given, document: Document) -> dict[str, str]:
    """A line of a set. Equal texts are on the same side of the split, whenever they are exported, so what was held back stays held back."""
    return {
        "text": _whole(document),
        "label": LABELS[given.sentiment],
        "source": set_name(document.medium),
        "split": "train" if int(hashlib.sha256(given.content_hash.encode()).hexdigest(), 16) % _HELD_OF else "dev",
        "id": given.content_hash[:_ID_CHARACTERS],
    }


def _whole(document: Document) -> str:
    """Title and text as scoring reads them."""
    return document.text if not document.title or document.text.startswith(document.title) else f"{document.title} {document.text}"
