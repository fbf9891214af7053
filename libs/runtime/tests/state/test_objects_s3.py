"""The same store over the S3 protocol, against a server of it."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from yuqing_runtime.objects import ObjectNotFound, Objects, path_of
from yuqing_testkit.s3 import Bucket, running_bucket

PART = b"x" * (1024 * 1024)
MORE_THAN_A_PAGE = 1_003
"""The protocol lists a thousand at a time."""


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_bucket() as running:
        yield running


async def test_object_is_kept_found_and_deleted_when_the_store_speaks_s3(bucket):
    objects = Objects.open(bucket.url)
    digest = await objects.put("舆情".encode())
    assert bucket.contents() == {f"pages/{path_of(digest)}": "舆情".encode()}
    assert await objects.exists(digest)
    assert await objects.get(digest) == "舆情".encode()
    await objects.delete(digest)
    await objects.delete(digest)
    assert bucket.contents() == {}
    assert not await objects.exists(digest)
    with pytest.raises(ObjectNotFound):
        await objects.get(digest)


async def test_long_stream_is_kept_whole_when_the_store_speaks_s3(bucket):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield PART

    digest = await Objects.open(f"s3://{bucket.name}").put_stream(parts())
    assert digest == hashlib.sha256(PART * 12).hexdigest()
    assert bucket.contents() == {path_of(digest): PART * 12}


async def test_all_of_a_folder_that_is_old_is_listed_when_it_is_more_than_a_page_of_the_protocol(bucket):
    names = [f"ab{number:062x}" for number in range(MORE_THAN_A_PAGE)]
    for name in [*names, f"ac{0:062x}"]:
        bucket.put(f"pages/{path_of(name)}")
    bucket.put("pages/ab/no-object")
    bucket.put(f"elsewhere/{path_of(names[0])}")
    objects = Objects.open(bucket.url)
    assert await objects.stored_before("ab", datetime.now(UTC) - timedelta(hours=1)) == []
    for name in names[1:]:
        bucket.grow_old(f"pages/{path_of(name)}", timedelta(hours=2))
    assert sorted(await objects.stored_before("ab", datetime.now(UTC) - timedelta(hours=1))) == names[1:]
