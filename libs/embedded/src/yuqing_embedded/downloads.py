"""Fetches an artifact of Maven's default repository with a progress bar, and takes it only if its hash is the one written here."""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver
from tqdm import tqdm

ATTEMPTS = 3
SILENCE_SECONDS = 60  # how long the repository may send nothing
PLAIN_STEPS = 4  # lines of progress where there is no terminal


class DownloadError(RuntimeError):
    """An artifact could not be fetched, or is not the one we know."""


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository, by its coordinates and its SHA-256."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str


@contextmanager
def fetched(artifact: Artifact, folder: Path, *, repositories: dict[str, str] | None = None) -> Generator[Path, None, None]:
    """The artifact's file, checked; it lies in a folder below `folder` that is removed afterwards.

    `repositories` (name → address) replace Maven's default one. Raises DownloadError.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as download:
        yield _fetch(artifact, Path(download), repositories)


def _fetch(artifact: Artifact, folder: Path, repositories: dict[str, str] | None) -> Path:
    failure: Exception | None = None
    for attempt in range(ATTEMPTS):
        try:
            path = _resolve(artifact, folder / str(attempt), repositories)  # jgo takes a broken file for a finished one: a folder for each
        except (OSError, RuntimeError) as error:
            failure = error
            continue
        found = _sha256(path)
        if found == artifact.sha256:
            return path
        failure = DownloadError(f"its SHA-256 is {found}, not {artifact.sha256}")
    raise DownloadError(f"{artifact.name} {artifact.version} could not be fetched ({ATTEMPTS} attempts): {failure}") from failure


def _resolve(artifact: Artifact, folder: Path, repositories: dict[str, str] | None) -> Path:
    resolver = PythonResolver(progress_callback=progress)
    context = MavenContext(resolver=resolver, repo_cache=folder, remote_repos=repositories, timeout=SILENCE_SECONDS)
    return context.project(artifact.group, artifact.name).at_version(artifact.version).artifact(packaging=artifact.packaging).resolve()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def progress(name: str, total_bytes: int) -> Generator[Callable[[int], None], None, None]:
    """Shows how far a download is: a bar on a terminal, a few plain lines elsewhere. Yields what takes the bytes that came."""
    if sys.stderr.isatty():
        with tqdm(total=total_bytes, unit="B", unit_scale=True, desc=name) as bar:

            def advance(count_bytes: int) -> None:
                bar.update(count_bytes)

            yield advance
    else:
        yield _plain_lines(name, total_bytes)


def _plain_lines(name: str, total_bytes: int) -> Callable[[int], None]:
    done_bytes = 0

    def advance(count_bytes: int) -> None:
        nonlocal done_bytes
        before = done_bytes * PLAIN_STEPS // total_bytes
        done_bytes += count_bytes
        after = done_bytes * PLAIN_STEPS // total_bytes
        if after > before:
            sys.stderr.write(f"{name}: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB\n")

    return advance
