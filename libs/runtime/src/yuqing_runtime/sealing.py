"""Secrets at rest: AES-256-GCM column values under a key file, each with the id of its key, so that keys can change."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_CHARACTERS = 8


class UnsealError(RuntimeError):
    """The value was not sealed by a key of this file for this place, or was changed."""


class KeyFileError(RuntimeError):
    """The key file is absent, malformed or open to others."""


def create_key_file(path: Path) -> None:
    """Makes a key file with one key, 0600. Errors: FileExistsError: a key that is overwritten is lost, and all it sealed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    _write_durably(descriptor, _new_line(), path)


def add_key(path: Path) -> None:
    """Puts a new key first: it seals from now on; the older ones still open what they sealed. Restart the service after it."""
    content = _new_line() + _read(path)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_durably(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), content, aside)
    aside.replace(path)
    _sync_folder(path.parent)


def _new_line() -> str:
    return f"{secrets.token_hex(KEY_ID_CHARACTERS // 2)} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"


def _write_durably(descriptor: int, content: str, path: Path) -> None:
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        raise KeyFileError(f"{path} is not there: `yuqing up` makes it, or set YUQING_SECRET_KEY_FILE") from None
    if mode & 0o077:
        raise KeyFileError(f"{path} has mode {mode:04o}; only its owner may read it (0600)")
    return path.read_text(encoding="ascii")


@dataclass(frozen=True)
class Sealer:
    """Seals and opens with the keys of a file: the first one seals, any of them opens."""

    keys: Mapping[str, bytes]

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Reads the key file (a line for each key: id, space, base64). Errors: KeyFileError."""
        try:
            pairs = [line.split() for line in _read(path).splitlines() if line]
            keys = {key_id: base64.b64decode(encoded, validate=True) for key_id, encoded in pairs}
        except ValueError:
            raise KeyFileError(f"{path} is malformed") from None
        if not keys or any(len(key) != KEY_BYTES or len(key_id) != KEY_ID_CHARACTERS for key_id, key in keys.items()):
            raise KeyFileError(f"{path} needs at least one key of {KEY_BYTES} bytes")
        return cls(keys)

    @property
    def current_key_id(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))

    def seal(self, plain: bytes, context: str) -> bytes:
        """Key id + nonce + ciphertext. `context` names the value's place (`sources/7/password`): elsewhere it does not open."""
        key_id, nonce = self.current_key_id, secrets.token_bytes(NONCE_BYTES)
        return key_id.encode() + nonce + AESGCM(self.keys[key_id]).encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plain value. Errors: UnsealError."""
        key = self.keys.get(key_id_of(sealed))
        if key is None:
            raise UnsealError(f"sealed by key {key_id_of(sealed)}, which is not in the key file")
        nonce, cipher = sealed[KEY_ID_CHARACTERS : KEY_ID_CHARACTERS + NONCE_BYTES], sealed[KEY_ID_CHARACTERS + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, cipher, context.encode())
        except (InvalidTag, ValueError):
            raise UnsealError(f"the sealed value of {context} was changed, or belongs elsewhere") from None

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for another purpose (`page-tokens`, `audit-veil`), from the oldest key: it changes only when that one is removed."""
        oldest = list(self.keys.values())[-1]
        return hmac.new(oldest, b"yuqing/" + purpose.encode(), hashlib.sha256).digest()


def key_id_of(sealed: bytes) -> str:
    """The id of the key that sealed it: a value whose id is not `current_key_id` wants to be sealed anew."""
    return sealed[:KEY_ID_CHARACTERS].decode("ascii", "replace")
