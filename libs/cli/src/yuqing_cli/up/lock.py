"""Lets one run at a time use a var folder, and tells the second where the first is."""

import json
import os
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout
from pydantic import BaseModel, Field, ValidationError


class RunNote(BaseModel):
    """What a run tells about itself in `var/run.json`: for the second start, for `yuqing doctor`, for tests."""

    pid: int
    gateway: str = Field(default="", description="Address of the gateway, once it is known.")
    addresses: dict[str, str] = Field(default_factory=dict, description="Where each service listens.")
    metrics: dict[str, int] = Field(default_factory=dict, description="Port of each service's metrics.")
    pids: dict[str, int] = Field(default_factory=dict, description="Process of each service that runs now.")
    elasticsearch: str = ""


class AlreadyRunning(Exception):
    """Another run uses the var folder."""

    def __init__(self, run: RunNote | None) -> None:
        super().__init__("another run uses this folder")
        self.run = run


class RunLock:
    """The lock `var/run.lock`. The system gives it back when its holder dies, however it dies."""

    def __init__(self, var: Path) -> None:
        self._lock = FileLock(var / "run.lock", blocking=False, mode=0o600)
        self._file = var / "run.json"

    def __enter__(self) -> Self:
        try:
            self._lock.acquire()
        except Timeout:
            raise AlreadyRunning(read_run(self._file.parent)) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._file.unlink(missing_ok=True)
        self._lock.release()

    def tell(self, run: RunNote) -> None:
        """Writes what is known of this run, in one step."""
        aside = self._file.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(run.model_dump(), indent=2), encoding="utf-8")
        aside.replace(self._file)


def read_run(var: Path) -> RunNote | None:
    """What the present (or a killed) run in the folder told about itself."""
    try:
        return RunNote.model_validate_json((var / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def is_locked(var: Path) -> bool:
    """Whether a run holds the folder now."""
    if not os.access(var / "run.lock", os.W_OK):
        return False
    try:
        with FileLock(var / "run.lock", blocking=False):
            return False
    except Timeout:
        return True
