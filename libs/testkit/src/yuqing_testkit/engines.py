"""Starts one engine for a whole test session, shared by the workers of pytest-xdist, and stops it when the last one has done."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
from filelock import FileLock

from yuqing_embedded.places import Places, prepare


@contextmanager
def shared(meeting: Path, name: str, start: Callable[[], AbstractContextManager[str]]) -> Generator[str, None, None]:
    """The URL of an engine that all processes with the same `meeting` folder share.

    The first who comes starts it and, when it leaves, waits until the others have left too. Who comes after that starts another.
    """
    users = meeting / f"{name}.users"
    address = meeting / f"{name}.url"
    with users.open("a") as presence:
        with FileLock(meeting / f"{name}.lock"):
            running = start() if not address.exists() else None
            if running is None:
                fcntl.flock(presence, fcntl.LOCK_SH)
                url = address.read_text(encoding="utf-8")
            else:
                url = running.__enter__()
                fcntl.flock(presence, fcntl.LOCK_SH)
                address.write_text(url, encoding="utf-8")
        try:
            yield url
        finally:
            fcntl.flock(presence, fcntl.LOCK_UN)
            if running is not None:
                _leave_last(meeting, name, running)


def _leave_last(meeting: Path, name: str, running: AbstractContextManager[str]) -> None:
    with FileLock(meeting / f"{name}.lock"):
        (meeting / f"{name}.url").unlink()  # from here on nobody new comes
    with (meeting / f"{name}.users").open("a") as presence:
        fcntl.flock(presence, fcntl.LOCK_EX)
    running.__exit__(None, None, None)


@contextmanager
def state_folder(places: Places) -> Generator[Path, None, None]:
    """A new folder for an engine's data that the engine's user can reach; removed afterwards, also those that killed sessions left."""
    above = prepare(places.root_data / "tests") if places.owner is not None else prepare(Path(tempfile.gettempdir()) / f"yuqing-{os.getuid()}")
    for left in above.iterdir():
        owner_pid = re.match(r"(\d+)-", left.name)
        if owner_pid and not psutil.pid_exists(int(owner_pid[1])):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=above))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
