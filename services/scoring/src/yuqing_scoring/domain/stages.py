"""A model with all its stages, and what keeps models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from yuqing_scoring.domain.first_stage import BothStages, FirstStage
from yuqing_scoring.domain.judgement import Judge

Files = Mapping[str, Sequence[str]]
"""The files of a model by name, each as the SHA-256 of its parts in their order."""


class ModelUnusable(Exception):
    """The files are no model that this version can load; the message says why."""


@dataclass(frozen=True)
class Stages:
    """A loaded model; `both` is None where it has no second stage or none is wanted."""

    first: FirstStage
    both: BothStages | None

    @property
    def best(self) -> Judge:
        """What judges its sentiment best."""
        return self.both.sentiment if self.both else self.first.sentiment


class ModelShelf(Protocol):
    """Keeps the files of models where all replicas find them."""

    async def keep(self, part: bytes) -> str:
        """Keeps a part of a file; returns its SHA-256."""
        ...

    async def missing(self, files: Files) -> list[str]:
        """The parts of these files that are not kept."""
        ...

    async def load(self, files: Files | None) -> Stages:
        """The model of these files, or the shipped one. Errors: ModelUnusable."""
        ...

    async def card(self, files: Files | None) -> str:
        """What is written of it, in Markdown; empty where nothing is. Errors: ModelUnusable."""
        ...
