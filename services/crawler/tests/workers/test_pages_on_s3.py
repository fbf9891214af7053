"""Stored pages end in an S3-compatible store as they do in a folder: by their time, by an erasure, by the sweep; and stay under a legal hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from yuqing.indexing.v1 import ingest_pb2
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import mentions
from yuqing_crawler.store.tables import page_document, stored_page
from yuqing_crawler.workers.following import Following, Step
from yuqing_crawler.workers.housekeeping import Housekeeping
from yuqing_runtime.database import Database
from yuqing_runtime.objects import FOLDERS, Objects, path_of
from yuqing_testkit.s3 import Bucket, running_bucket


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_bucket() as running:
        yield running


class Pages:
    """Pages in a bucket, each of a mention of its own, and who ends them."""

    def __init__(self, database: Database, bucket: Bucket, housekeeping: Housekeeping, following: Following, objects: Objects) -> None:
        self.database, self.bucket, self.housekeeping, self.objects = database, bucket, housekeeping, objects
        self._following = following

    async def keep(self, native_id: str) -> str:
        """A page that was read today."""
        digest, now = await self.objects.put(native_id.encode()), datetime.now(UTC)
        page = {"sha256": digest, "source_id": "s1", "url": "", "payload_sha256": "", "fetched_at": now, "size_bytes": 1}
        key = document_key("e.test", native_id, "")
        async with self.database.write() as connection:
            await connection.execute(insert(stored_page).values(**page, expires_at=now + timedelta(days=90)))
            await connection.execute(insert(page_document), [{"document_key": key, "sha256": digest}])
            await mentions.learn(connection, {key: f"mentions/{native_id}"}, now)
        return digest

    async def apply(self, kind: "ingest_pb2.ChangeKind.ValueType", native_id: str) -> None:
        """What the index tells of a mention."""
        change = ingest_pb2.WatchChangesResponse(sequence=1, mention=f"mentions/{native_id}", kind=kind, site="e.test", native_id=native_id)
        async with self.database.write() as connection:
            await self._following.apply(connection, Step(1, change))

    async def expire(self) -> None:
        """The time of all pages is over."""
        async with self.database.write() as connection:
            await connection.execute(update(stored_page).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))

    def there(self) -> set[str]:
        """The names of the objects in the bucket."""
        return set(self.bucket.contents())


@pytest.fixture
def kept(database: Database, bucket: Bucket, settings: Settings, changes, checking) -> Pages:
    objects = Objects.open(bucket.url)
    return Pages(database, bucket, Housekeeping(database, objects, checking, settings), Following(database, changes[1]), objects)


def places(*digests: str) -> set[str]:
    return {f"pages/{path_of(digest)}" for digest in digests}


async def test_a_page_goes_from_the_bucket_when_its_mention_is_erased(kept: Pages) -> None:
    erased, other = await kept.keep("a"), await kept.keep("b")
    await kept.apply(ingest_pb2.CHANGE_KIND_ERASED, "a")
    assert kept.there() == places(erased, other)
    await kept.housekeeping.run_once()
    assert kept.there() == places(other)


@pytest.mark.clause("2.4.3")
async def test_a_page_stays_in_the_bucket_past_its_time_when_its_mention_is_held(kept: Pages, changes) -> None:
    fake, _stub = changes
    held, _other = await kept.keep("a"), await kept.keep("b")
    fake.held = {"mentions/a"}
    await kept.expire()
    await kept.housekeeping.run_once()
    assert kept.there() == places(held)
    fake.held = set()
    await kept.apply(ingest_pb2.CHANGE_KIND_RELEASED, "a")
    await kept.housekeeping.run_once()
    assert kept.there() == set()


async def test_an_object_is_swept_from_the_bucket_only_when_it_is_old_and_nobodys_page(kept: Pages) -> None:
    page = await kept.keep("a")
    left, young = await kept.objects.put("一个事务没有完成的网页".encode()), await kept.objects.put("刚刚保存的网页".encode())
    for digest in (page, left):
        kept.bucket.grow_old(digest, timedelta(days=2))
    kept.bucket.grow_old(young, timedelta(hours=20))
    kept.bucket.put("pages/read.me")
    for folder in FOLDERS:
        await kept.housekeeping.sweep(folder)
    assert kept.there() == places(page, young) | {"pages/read.me"}
