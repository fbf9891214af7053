"""A stored file is durable when it is acknowledged, comes back as it was, and is found by its SHA-256 alone."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from yuqing_runtime.objects import FOLDERS, ObjectDamagedError, ObjectNotFound, Objects, path_of

CONTENT = "舆情".encode() * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LARGE = 12 * 1024 * 1024


@pytest.fixture(params=["folder", "memory"])
def objects(request, tmp_path) -> Objects:
    return Objects.open(f"file://{tmp_path}/objects") if request.param == "folder" else Objects(MemoryStore())


@pytest.fixture
def stored(tmp_path) -> tuple[Objects, Path]:
    return Objects.open(str(tmp_path / "objects")), tmp_path / "objects" / path_of(DIGEST)


async def _parts(count: int, part: bytes) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield part


async def test_content_comes_back_when_put(objects):
    assert await objects.put(CONTENT) == DIGEST
    assert await objects.put(CONTENT) == DIGEST
    assert await objects.exists(DIGEST)
    assert await objects.get(DIGEST) == CONTENT
    assert b"".join([part async for part in objects.get_stream(DIGEST)]) == CONTENT


async def test_each_content_has_its_own_name_when_many_are_put_at_once(objects):
    contents = [f"{number}".encode() * 100 for number in range(100)]
    digests = await asyncio.gather(*(objects.put(content) for content in contents))
    assert digests == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [await objects.get(digest) for digest in digests] == contents


async def test_content_of_any_length_comes_back_when_put_as_a_stream(objects):
    digest = await objects.put_stream(_parts(12, b"x" * (1024 * 1024)))
    assert digest == hashlib.sha256(b"x" * LARGE).hexdigest()
    assert [len(await objects.get(digest)), sum([len(part) async for part in objects.get_stream(digest)])] == [LARGE, LARGE]
    empty = await objects.put_stream(_parts(0, b""))
    assert await objects.get(empty) == b""


async def test_object_is_gone_when_deleted(objects):
    await objects.put(CONTENT)
    await objects.delete(DIGEST)
    await objects.delete(DIGEST)
    assert not await objects.exists(DIGEST)
    with pytest.raises(ObjectNotFound):
        await objects.get(DIGEST)
    with pytest.raises(ObjectNotFound):
        await anext(objects.get_stream(DIGEST))


async def test_damage_is_found_when_the_file_was_changed(stored):
    objects, file = stored
    await objects.put(CONTENT)
    file.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(ObjectDamagedError):
        await objects.get(DIGEST)
    with pytest.raises(ObjectDamagedError):
        _ = [part async for part in objects.get_stream(DIGEST)]


async def test_file_is_whole_again_when_a_power_cut_left_it_empty_and_it_is_put_again(stored):
    objects, file = stored
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    await objects.put(CONTENT)
    assert await objects.get(DIGEST) == CONTENT


async def test_file_and_its_folders_are_synced_before_put_returns(stored, monkeypatch):
    objects, file = stored
    synced: list[Path] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    await objects.put(CONTENT)
    assert synced == [file, file.parent, file.parent.parent]
    synced.clear()
    await objects.put_stream(_parts(1, CONTENT))
    assert synced == [file, file.parent]  # the name of its folder is durable already


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65])
async def test_name_is_refused_when_it_is_no_hash(objects, digest):
    with pytest.raises(ValueError, match="SHA-256"):
        await objects.get(digest)


def test_store_is_refused_when_its_kind_is_not_supported():
    with pytest.raises(ValueError, match="s3"):
        Objects.open("ftp://host/x")


async def test_objects_of_a_folder_are_told_by_their_age_when_asked(objects):
    digest = await objects.put(CONTENT)
    assert DIGEST[:2] in FOLDERS
    now = datetime.now(UTC)
    assert await objects.stored_before(DIGEST[:2], now + timedelta(minutes=1)) == [digest]
    assert await objects.stored_before(DIGEST[:2], now - timedelta(minutes=1)) == []
    other = next(folder for folder in FOLDERS if folder != DIGEST[:2])
    assert await objects.stored_before(other, now + timedelta(minutes=1)) == []
