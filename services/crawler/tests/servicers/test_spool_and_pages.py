"""SpoolService and StoredPageService over real gRPC."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from sqlalchemy import insert, update

from yuqing.access.v1 import access_pb2
from yuqing.crawler.v1 import spool_pb2, spool_pb2_grpc
from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.domain.reach import Reach
from yuqing_crawler.servicers.calls import Lists
from yuqing_crawler.servicers.spool import SpoolServicer
from yuqing_crawler.servicers.stored_pages import StoredPageServicer
from yuqing_crawler.store import spool
from yuqing_crawler.store.spool import Acknowledgement
from yuqing_crawler.store.tables import stored_page
from yuqing_runtime.database import Database
from yuqing_runtime.objects import Objects
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.serving import Registration
from yuqing_testkit.services import Town, person


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.open(str(tmp_path / "pages"))


@pytest.fixture
async def channel(database: Database, objects: Objects, tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    lists, town = Lists(PageTokens(b"k" * 32)), Town(tmp_path / "keys")
    reach = Reach(shipping=False, detail="UNAVAILABLE: away")
    registrations = [
        Registration(spool_pb2_grpc.add_SpoolServiceServicer_to_server, SpoolServicer(database, reach, lists)),
        Registration(spool_pb2_grpc.add_StoredPageServiceServicer_to_server, StoredPageServicer(database, objects)),
    ]
    async with town.running("crawler", registrations) as address, town.channel("gateway", "crawler", address) as opened:
        with town.acting(person(access_pb2.ROLE_IT, access_pb2.ROLE_MONITOR)):
            yield opened


async def refuse_all(database: Database, size: int) -> None:
    entries = [
        SpoolEntry("s1", bytes([number]) * 16, b"", document_pb2.Document(native_id=str(number)).SerializeToString()) for number in range(size)
    ]
    async with database.write() as connection:
        await spool.add(connection, entries, datetime.now(UTC) - timedelta(minutes=5))
        claimed = await spool.claim(connection, limit=size, seconds=60)
        answers = [Acknowledgement(each.sequence, 4, refused=True, reason="NO_TEXT", detail="leer") for each in claimed[1:]]
        await spool.acknowledge(connection, answers)


async def test_the_spool_tells_how_it_stands_when_asked(channel, database: Database) -> None:
    await refuse_all(database, 4)
    seen = await spool_pb2_grpc.SpoolServiceStub(channel).GetSpool(spool_pb2.GetSpoolRequest())
    assert (seen.waiting, seen.dead_letters, seen.acknowledged) == (1, 3, 0)
    assert seen.oldest_age.seconds >= 299
    assert (seen.shipping, seen.detail) == (False, "UNAVAILABLE: away")


async def test_dead_letters_are_listed_once_and_replayed_when_asked(channel, database: Database) -> None:
    await refuse_all(database, 4)
    stub = spool_pb2_grpc.SpoolServiceStub(channel)
    first = await stub.ListDeadLetters(spool_pb2.ListDeadLettersRequest(page_size=2))
    rest = await stub.ListDeadLetters(spool_pb2.ListDeadLettersRequest(page_size=2, page_token=first.next_page_token))
    letters = [*first.dead_letters, *rest.dead_letters]
    assert [letter.document.native_id for letter in letters] == ["3", "2", "1"]
    assert {(letter.reason, letter.detail) for letter in letters} == {("NO_TEXT", "leer")}
    assert (await stub.ReplayDeadLetters(spool_pb2.ReplayDeadLettersRequest(names=[letters[0].name]))).replayed == 1
    assert (await stub.ReplayDeadLetters(spool_pb2.ReplayDeadLettersRequest())).replayed == 2


async def test_a_stored_page_is_given_as_it_was_stored_when_downloaded(channel, database: Database, objects: Objects) -> None:
    content = bytes(range(256)) * 20_000
    digest = await objects.put(content)
    row = {"sha256": digest, "source_id": "s1", "url": "http://a.test/", "payload_sha256": "0" * 64, "size_bytes": len(content)}
    later = datetime.now(UTC) + timedelta(days=1)
    async with database.write() as connection:
        await connection.execute(insert(stored_page).values(**row, fetched_at=datetime.now(UTC), expires_at=later))
    stub, name = spool_pb2_grpc.StoredPageServiceStub(channel), f"storedPages/{digest}"
    known = (await stub.GetStoredPage(spool_pb2.GetStoredPageRequest(name=name))).stored_page
    parts = [part.body async for part in stub.DownloadStoredPage(spool_pb2.DownloadStoredPageRequest(name=name))]
    assert (known.url, known.size_bytes, known.expire_time.ToDatetime(tzinfo=UTC)) == ("http://a.test/", len(content), later)
    assert b"".join(part.data for part in parts) == content
    assert parts[0].content_type == "application/warc"
    assert len(parts) > 1
    async with database.write() as connection:
        await connection.execute(update(stored_page).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await stub.GetStoredPage(spool_pb2.GetStoredPageRequest(name=name))
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND
