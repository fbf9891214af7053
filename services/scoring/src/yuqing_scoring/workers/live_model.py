"""Has every replica judge by the model that people put to work: the one that is told at once, the others within a second."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from yuqing_runtime.database import Database
from yuqing_scoring.domain.stages import ModelShelf, ModelUnusable, Stages
from yuqing_scoring.store import models

PAUSE_SECONDS: Final = 1.0
_log = structlog.get_logger(__name__)


@dataclass
class LiveModel:
    """`use` has a loaded model judge from now on."""

    database: Database
    shelf: ModelShelf
    use: Callable[[Stages], None]
    at_work: str = field(default="", init=False)
    """The id of the model that judges here; empty until one does."""
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def run(self) -> None:
        """For ever, in every replica."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.begin()

    async def begin(self) -> None:
        """As `refresh`; what cannot be loaded leaves the model before it at work, and is tried again."""
        try:
            await self.refresh()
        except ModelUnusable as error:
            _log.error("the active model cannot be loaded: the one before it judges on", at_work=self.at_work, error=str(error))

    async def refresh(self) -> None:
        """Judges by the active model from now on. Errors: ModelUnusable."""
        async with self._changing:
            async with self.database.read() as connection:
                active = await models.active(connection)
                kept = await models.find(connection, active)
            if active != self.at_work:
                stages = await self.shelf.load(kept.files if kept else None)
                self.use(stages)
                self.at_work = active
                second = stages.both.version if stages.both else ""
                _log.info("model at work", model=active, version=stages.first.version, second_version=second)
