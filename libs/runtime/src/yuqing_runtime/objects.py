"""Files (stored pages, evidence, attachments) in a folder or an S3-compatible store, addressed by their SHA-256."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from yuqing_runtime.errors import NotFound
from yuqing_runtime.together import Together

PART_BYTES = 1 << 20
PUT_AT_ONCE = 64
FOLDERS = tuple(f"{number:02x}" for number in range(256))
"""Where objects lie, by the first two digits of their names."""


class ObjectNotFound(NotFound):
    """No object with this SHA-256 is stored."""

    default_reason = "OBJECT_NOT_FOUND"


class ObjectDamagedError(RuntimeError):
    """What is stored no longer has the SHA-256 that is its name."""


class Objects:
    """A content-addressed store. What `put` returned is durable: written, synced and named, before it is acknowledged."""

    def __init__(self, store: ObjectStore, *, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder
        self._synced: set[Path] = set()
        self._putting = Together(self._put_all, most=PUT_AT_ONCE)

    @classmethod
    def open(cls, url: str) -> Self:
        """`file:///folder` or a plain path, or `s3://bucket/prefix` (settings of the store by AWS_… variables, AWS_ENDPOINT for others)."""
        parts = urlsplit(url)
        if parts.scheme == "s3":
            return cls(S3Store.from_url(url))
        if parts.scheme not in ("", "file"):
            raise ValueError(f"{parts.scheme}: only folders and s3:// are supported")
        folder = Path(unquote(parts.path) if parts.scheme else url).resolve()
        return cls(LocalStore(prefix=folder, mkdir=True), folder=folder)

    async def put(self, content: bytes) -> str:
        """Stores the content and returns its SHA-256 in hex. Contents that come together are written and synced together."""
        return await self._putting.ask(content)

    async def _put_all(self, contents: Sequence[bytes]) -> list[str]:
        named = [(hashlib.sha256(content).hexdigest(), content) for content in contents]
        if self._folder is None:
            await asyncio.gather(*(obstore.put_async(self._store, path_of(digest), content) for digest, content in named))
        else:
            await asyncio.to_thread(self._write_all, self._folder, dict(named))
        return [digest for digest, _ in named]

    def _write_all(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        for digest, content in contents.items():
            obstore.put(self._store, path_of(digest), content)
        self._sync(folder, contents)

    async def put_stream(self, parts: AsyncIterable[bytes]) -> str:
        """Stores a content of any length without holding it in memory and returns its SHA-256 in hex."""
        digest = hashlib.sha256()
        with tempfile.TemporaryFile() as file:
            async for part in parts:
                digest.update(part)
                await asyncio.to_thread(file.write, part)
            file.seek(0)
            name = digest.hexdigest()
            await obstore.put_async(self._store, path_of(name), file)
        if self._folder is not None:
            await asyncio.to_thread(self._sync, self._folder, (name,))
        return name

    async def get(self, digest: str) -> bytes:
        """The content. Errors: ObjectNotFound, ObjectDamagedError."""
        try:
            result = await obstore.get_async(self._store, path_of(digest))
            content = bytes(await result.bytes_async())
        except FileNotFoundError:
            raise ObjectNotFound(f"no object {digest}") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise ObjectDamagedError(f"the object {digest} was changed")
        return content

    async def get_stream(self, digest: str) -> AsyncIterator[bytes]:
        """The content in parts. Errors: ObjectNotFound before the first, ObjectDamagedError in place of the end."""
        try:
            result = await obstore.get_async(self._store, path_of(digest))
        except FileNotFoundError:
            raise ObjectNotFound(f"no object {digest}") from None
        seen = hashlib.sha256()
        async for part in result.stream(min_chunk_size=PART_BYTES):
            content = bytes(part)
            seen.update(content)
            yield content
        if seen.hexdigest() != digest:
            raise ObjectDamagedError(f"the object {digest} was changed")

    async def exists(self, digest: str) -> bool:
        """Whether it is stored."""
        try:
            await obstore.head_async(self._store, path_of(digest))
        except FileNotFoundError:
            return False
        return True

    async def stored_before(self, folder: str, moment: datetime) -> list[str]:
        """The SHA-256s of what lies in one of `FOLDERS` and was put there before that moment, by the store's clock."""
        digests: list[str] = []
        async for found in obstore.list(self._store, prefix=folder):  # pyright: ignore[reportUnknownMemberType] # its Arrow form has no types
            digests += [PurePosixPath(each["path"]).name for each in found if each["last_modified"] < moment]
        return [digest for digest in digests if _is_digest(digest)]

    async def delete(self, digest: str) -> None:
        """Removes it; nothing happens when it is not there."""
        try:
            await obstore.delete_async(self._store, path_of(digest))
        except FileNotFoundError:
            return

    def _sync(self, folder: Path, digests: Iterable[str]) -> None:
        # obstore writes aside and renames, but does not sync: after a power cut the name could stand over an empty file.
        files = [folder / path_of(digest) for digest in digests]
        parents = {file.parent for file in files}
        for path in (*files, *parents, *((folder,) if parents - self._synced else ())):
            _sync(path)
        self._synced |= parents


def path_of(digest: str) -> str:
    """ab/abcd…: 256 folders, so that nearly every object finds its folder there. Errors: ValueError for what is not a SHA-256 in lower-case hex."""
    if not _is_digest(digest):
        raise ValueError("not a SHA-256 in hex")
    return f"{digest[:2]}/{digest}"


def _is_digest(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
