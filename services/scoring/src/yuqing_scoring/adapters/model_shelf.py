"""Keeps the files of models in parts in the object store, and lays them out in a folder to load them: the port `ModelShelf`."""

import asyncio
import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from yuqing_runtime.objects import ObjectDamagedError, ObjectNotFound, Objects
from yuqing_scoring.adapters.loaded_model import FILES, card_of, load_model
from yuqing_scoring.adapters.model_file import ModelProblem
from yuqing_scoring.domain.stages import Files, ModelUnusable, Stages


@dataclass
class ObjectShelf:
    """`folder` is this machine's own: what lies there can be fetched again. `shipped` is the folder of the model that comes with the software."""

    objects: Objects
    folder: Path
    shipped: Path
    second_stage: bool
    labels: bool = True
    _laying: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _loaded: Stages | None = field(default=None, init=False)
    """The shipped model, which is asked for again and again."""

    async def keep(self, part: bytes) -> str:
        """See `ModelShelf`."""
        return await self.objects.put(part)

    async def missing(self, files: Files) -> list[str]:
        """See `ModelShelf`."""
        return [part for parts in files.values() for part in parts if not await self.objects.exists(part)]

    async def load(self, files: Files | None) -> Stages:
        """See `ModelShelf`."""
        if files is None and self._loaded is not None:
            return self._loaded
        folder = await self._folder_of(files)
        try:
            stages = await asyncio.to_thread(load_model, folder, second_stage=self.second_stage, labels=self.labels)
        except ModelProblem as error:
            raise ModelUnusable(str(error).replace(str(folder), "the model")) from error
        if files is None:
            self._loaded = stages
        return stages

    async def card(self, files: Files | None) -> str:
        """See `ModelShelf`."""
        return await asyncio.to_thread(card_of, await self._folder_of(files))

    async def _folder_of(self, files: Files | None) -> Path:
        if files is None:
            return self.shipped
        if unknown := files.keys() - FILES:
            raise ModelUnusable(f"no model has a file {min(unknown)}")
        digest = hashlib.sha256(json.dumps({name: list(parts) for name, parts in sorted(files.items())}).encode()).hexdigest()
        folder = self.folder / digest
        async with self._laying:
            if not folder.exists():
                await self._lay_out(files, folder)
        return folder

    async def _lay_out(self, files: Files, folder: Path) -> None:
        """Under its name only when it is whole."""
        unfinished = folder.with_suffix(".part")
        await asyncio.to_thread(shutil.rmtree, unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            for name, parts in files.items():
                content = b"".join([await self.objects.get(part) for part in parts])
                await asyncio.to_thread((unfinished / name).write_bytes, content)
        except (ObjectNotFound, ObjectDamagedError) as error:
            raise ModelUnusable(str(error)) from error
        unfinished.rename(folder)
