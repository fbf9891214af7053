"""Ed25519 keys of services: each signs with its own private key, and knows the public keys of all, from files."""

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_PUBLIC_NAME = re.compile(r"(?P<service>[a-z]+)(\.[A-Za-z0-9_-]+)?\.pem")


class KeyProblem(Exception):
    """A key file is missing, unreadable or not an Ed25519 key."""


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the raw public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def create_keys(folder: Path, service: str) -> None:
    """Makes `<service>.pem` (0600) and `public/<service>.pem` where they are not there yet."""
    private_file, public_file = folder / f"{service}.pem", folder / "public" / f"{service}.pem"
    public_file.parent.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not private_file.exists():
        key = Ed25519PrivateKey.generate()
        _write_once(private_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private = _private_key(private_file)
    public_file.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _write_once(file: Path, content: bytes) -> None:
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)


def _private_key(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise KeyProblem(f"{file}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem(f"{file}: not an Ed25519 key")
    return key


@dataclass
class PublicKeys:
    """The public keys of all services, by service and key id; read again when the folder changed, so that keys rotate without a restart."""

    folder: Path
    _seen: tuple[tuple[str, int], ...] = ()
    _keys: Mapping[tuple[str, str], Ed25519PublicKey] = field(default_factory=dict[tuple[str, str], Ed25519PublicKey])

    def find(self, service: str, key: str) -> Ed25519PublicKey | None:
        """The public key with this id that belongs to the service, or None."""
        found = self._keys.get((service, key))
        return found or self._read().get((service, key))

    def _read(self) -> Mapping[tuple[str, str], Ed25519PublicKey]:
        files = sorted(self.folder.glob("*.pem"))
        seen = tuple((file.name, file.stat().st_mtime_ns) for file in files)
        if seen != self._seen:
            self._keys = dict(entry for file in files for entry in self._entries(file))
            self._seen = seen
        return self._keys

    @staticmethod
    def _entries(file: Path) -> list[tuple[tuple[str, str], Ed25519PublicKey]]:
        name = _PUBLIC_NAME.fullmatch(file.name)
        if name is None:
            return []
        try:
            key = load_pem_public_key(file.read_bytes())
        except (OSError, ValueError) as error:
            raise KeyProblem(f"{file}: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyProblem(f"{file}: not an Ed25519 key")
        return [((name["service"], key_id(key)), key)]


@dataclass(frozen=True)
class Identity:
    """Who a process is: its service's name and private key, and the public keys of the others."""

    service: str
    private_key: Ed25519PrivateKey
    public_keys: PublicKeys

    @classmethod
    def load(cls, service: str, folder: Path) -> "Identity":
        """Reads `<folder>/<service>.pem`; raises KeyProblem where it is missing."""
        return cls(service, _private_key(folder / f"{service}.pem"), PublicKeys(folder / "public"))

    @property
    def key_id(self) -> str:
        return key_id(self.private_key.public_key())
