"""Installs programs side by side by name, once, however many processes ask for them at the same time."""

import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from yuqing_embedded.places import prepare

EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def installed(programs: Path, name: str, build: Callable[[Path], None]) -> Path:
    """The folder `programs/name`; if it is missing, `build` fills an empty one that then takes the name in one step.

    A build that fails or is killed leaves nothing under the name; what it left beside it goes at the next build.
    """
    folder = programs / name
    if folder.is_dir():
        return folder
    prepare(programs)
    with FileLock(programs / f".{name}.lock"):
        if folder.is_dir():
            return folder
        for left in programs.glob(f".{name}.build-*"):
            shutil.rmtree(left)
        building = Path(tempfile.mkdtemp(prefix=f".{name}.build-", dir=programs))
        try:
            build(building)
            open_to_all(building)
            building.rename(folder)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
    return folder


def open_to_all(folder: Path) -> None:
    """Lets every user read the tree and run what its owner may run."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
