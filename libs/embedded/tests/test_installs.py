"""An installation is whole or absent, and made once."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yuqing_embedded.installs import installed


def test_program_is_built_once_when_many_ask_at_the_same_time(tmp_path: Path) -> None:
    builds: list[Path] = []
    together = threading.Barrier(8)

    def build(folder: Path) -> None:
        builds.append(folder)
        (folder / "program").write_text("whole")

    def ask(_: int) -> str:
        together.wait()
        return (installed(tmp_path / "programs", "thing-1", build) / "program").read_text()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["whole"] * 8
    assert len(builds) == 1


def test_nothing_stands_under_the_name_when_a_build_fails(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        installed(tmp_path, "thing-1", build)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_rest_of_a_killed_build_is_removed_when_it_is_built_again(tmp_path: Path) -> None:
    (tmp_path / ".thing-1.build-dead").mkdir()
    folder = installed(tmp_path, "thing-1", lambda folder: (folder / "program").touch())
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]


def test_every_user_may_read_and_run_when_the_umask_is_narrow(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "bin").mkdir()
        (folder / "bin" / "run").touch(mode=0o700)
        (folder / "text").touch(mode=0o600)

    before = os.umask(0o077)
    try:
        folder = installed(tmp_path / "programs", "thing-1", build)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder.parent, folder, *folder.rglob("*"))}
    assert modes == {"programs": 0o755, "thing-1": 0o755, "bin": 0o755, "run": 0o755, "text": 0o644}
