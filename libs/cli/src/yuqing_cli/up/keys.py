"""Makes the keys of a run where they are missing: one pair for each service, and the key that seals secrets."""

from collections.abc import Iterable
from pathlib import Path

from yuqing_runtime.keys import create_keys
from yuqing_runtime.sealing import create_key_file

SECRET_KEY = "secret.key"  # noqa: S105 -- a file's name


def make_keys(folder: Path, services: Iterable[str]) -> Path:
    """Makes what is missing in `folder`. Returns the file of the sealing key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for service in services:
        create_keys(folder, service)
    secret = folder / SECRET_KEY
    if not secret.exists():
        create_key_file(secret)
    return secret
