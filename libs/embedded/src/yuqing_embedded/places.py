"""Says where engines' programs and data lie, because Elasticsearch and PostgreSQL refuse root and cannot enter root's own folders."""

import hashlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
ROOT_PROGRAMS = Path("/var/cache/yuqing")
ROOT_DATA = Path("/var/lib/yuqing")


@dataclass(frozen=True)
class Owner:
    """The system user whom an engine runs as when root starts it."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Places:
    """Folders for one installation, and whom its engines run as (`owner` None: as the user who starts them)."""

    programs: Path
    owner: Owner | None = None
    root_data: Path = ROOT_DATA

    def data(self, var: Path) -> Path:
        """The folder for the engines' data of the run whose working folder is `var`.

        Root's runs keep it outside `var`, by the hash of its path, because `var` may lie in a folder that no one else can enter.
        """
        if self.owner is None:
            return var.resolve()
        return self.root_data / hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:16]


def places() -> Places:
    """The places of the user who runs this process; `YUQING_CACHE` moves an ordinary user's programs."""
    if os.geteuid() == 0:
        return Places(programs=ROOT_PROGRAMS, owner=_nobody())
    return Places(programs=Path(os.environ.get("YUQING_CACHE") or Path.home() / ".cache" / "yuqing").expanduser().resolve())


def prepare(folder: Path) -> Path:
    """Makes a folder (and those above it) that every user may pass through, whatever the umask says."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    return folder


def prepare_private(folder: Path, owner: Owner | None) -> Path:
    """Makes a folder that only `owner` (or the present user) may enter; the folder above it must not be writable by `owner`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if owner is not None:
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
    return folder


def write_private(path: Path, text: str, owner: Owner | None) -> None:
    """Makes a new file that only `owner` (or the present user) may read; the folder must not be writable by `owner`."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        if owner is not None:
            os.fchown(file.fileno(), owner.uid, owner.gid)
        file.write(text)


def _nobody() -> Owner:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Owner(NOBODY, NOBODY)
    return Owner(entry.pw_uid, entry.pw_gid)
