"""SourceService over real gRPC: set up, changed, paused, run, looked at."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from yuqing.access.v1 import access_pb2
from yuqing.crawler.v1 import source_pb2, source_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_crawler.engine.downloads import Downloads
from yuqing_crawler.engine.looking import Looking
from yuqing_crawler.engine.parsing import Parsers
from yuqing_crawler.engine.reading import Reader
from yuqing_crawler.engine.sealed import SourceSecrets
from yuqing_crawler.servicers.calls import Lists
from yuqing_crawler.servicers.sources import SourceServicer
from yuqing_crawler.servicers.sourcing import SourceUseCases
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import sources, spool
from yuqing_runtime import audit
from yuqing_runtime.database import Database
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer, create_key_file
from yuqing_runtime.serving import Registration
from yuqing_testkit.services import Town, person
from yuqing_testkit.site import Page, Site, feed

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    create_key_file(tmp_path / "secret.key")
    return Sealer.from_file(tmp_path / "secret.key")


@pytest.fixture
async def stub(
    database: Database, downloads: Downloads, settings: Settings, sealer: Sealer, tmp_path: Path
) -> AsyncIterator[source_pb2_grpc.SourceServiceStub]:
    parsers = Parsers(0)
    reader = Reader(downloads, parsers)
    use_cases = SourceUseCases(settings, SourceSecrets(sealer), Looking(downloads, reader))
    servicer = SourceServicer(database, use_cases, Lists(PageTokens(sealer.derive("page-tokens"))))
    town = Town(tmp_path / "keys")
    registration = Registration(source_pb2_grpc.add_SourceServiceServicer_to_server, servicer)
    async with town.running("crawler", [registration]) as address, town.channel("gateway", "crawler", address) as channel:
        with town.acting(person(access_pb2.ROLE_MONITOR, access_pb2.ROLE_IT)):
            yield source_pb2_grpc.SourceServiceStub(channel)
    parsers.close()


def a_source(**changes: object) -> source_pb2.Source:
    values: dict[str, object] = {
        "display_name": "新闻",
        "kind": "feed",
        "medium": types_pb2.MEDIUM_NEWS,
        "address": "http://news.test/feed",
        "legal_basis": "公开信息",
        "owner": "people/zhang-san",
    }
    return source_pb2.Source(**{**values, **changes})  # type: ignore[arg-type]


async def create(stub: source_pb2_grpc.SourceServiceStub, **changes: object) -> source_pb2.Source:
    return (await stub.CreateSource(source_pb2.CreateSourceRequest(source=a_source(**changes)))).source


async def test_a_source_is_new_and_due_when_created(stub, settings: Settings) -> None:
    created = await create(stub)
    found = (await stub.GetSource(source_pb2.GetSourceRequest(name=created.name))).source
    assert found == created
    assert found.health.state == source_pb2.HEALTH_STATE_NEW
    assert found.health.HasField("next_run_time")
    assert found.minimum_interval.seconds == settings.minimum_interval_seconds


async def test_a_source_is_blocked_when_it_has_no_legal_basis(stub) -> None:
    created = await create(stub, legal_basis="")
    assert created.health.state == source_pb2.HEALTH_STATE_BLOCKED
    assert not created.health.HasField("next_run_time")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.RunSource(source_pb2.RunSourceRequest(name=created.name))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    update = source_pb2.UpdateSourceRequest(
        source=source_pb2.Source(name=created.name, legal_basis="公开信息"), update_mask=FieldMask(paths=["legal_basis"])
    )
    assert (await stub.UpdateSource(update)).source.health.state == source_pb2.HEALTH_STATE_NEW


async def test_the_same_source_is_answered_when_the_request_is_repeated(stub) -> None:
    request = source_pb2.CreateSourceRequest(source=a_source(), request_id=str(uuid4()))
    assert await stub.CreateSource(request) == await stub.CreateSource(request)
    assert len((await stub.ListSources(source_pb2.ListSourcesRequest())).sources) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "nothing"}, "source.kind"),
        ({"address": "http://10.1.2.3/"}, "source.address"),
        ({"address": "http://2130706433/"}, "source.address"),
        ({"parameters": ParseDict({"nobody_knows": 1}, Struct())}, "source.parameters.nobody_knows"),
        ({"parameters": ParseDict({"nobody_knows": "a\0b"}, Struct())}, "source.parameters: holds U+0000"),
    ],
)
async def test_a_source_is_refused_when_a_field_is_wrong(stub, changes: dict[str, object], field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await create(stub, **changes)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert field in (refused.value.details() or "")


async def test_an_update_is_aborted_when_the_etag_is_old(stub) -> None:
    created = await create(stub)
    update = source_pb2.UpdateSourceRequest(
        source=source_pb2.Source(name=created.name, display_name="别的", etag=created.etag), update_mask=FieldMask(paths=["display_name"])
    )
    changed = (await stub.UpdateSource(update)).source
    assert changed.display_name == "别的"
    assert changed.etag != created.etag
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.UpdateSource(update)
    assert refused.value.code() is grpc.StatusCode.ABORTED


async def test_secrets_are_never_given_back_when_they_are_set(stub, database: Database, sealer: Sealer) -> None:
    created = await create(stub, secrets={"token": "geheim-123", "other": "x"})
    assert list(created.secret_names) == ["other", "token"]
    assert not created.secrets
    update = source_pb2.UpdateSourceRequest(
        source=source_pb2.Source(name=created.name, secrets={"other": ""}), update_mask=FieldMask(paths=["secrets"])
    )
    assert list((await stub.UpdateSource(update)).source.secret_names) == ["token"]
    async with database.read() as connection:
        stored = await sources.get(connection, created.name.removeprefix("sources/"))
    assert stored is not None
    assert b"geheim" not in (stored.secrets or b"")
    assert SourceSecrets(sealer).open(stored).values == {"token": "geheim-123"}


async def test_a_paused_source_goes_on_when_it_is_resumed(stub) -> None:
    created = await create(stub)
    paused = (await stub.PauseSource(source_pb2.PauseSourceRequest(name=created.name))).source
    assert paused.health.state == source_pb2.HEALTH_STATE_PAUSED
    assert not paused.health.HasField("next_run_time")
    resumed = (await stub.ResumeSource(source_pb2.ResumeSourceRequest(name=created.name))).source
    assert resumed.health.HasField("next_run_time")
    events = (await stub.ListSourceEvents(source_pb2.ListSourceEventsRequest(source=created.name))).source_events
    assert [event.after for event in events] == [source_pb2.HEALTH_STATE_NEW, source_pb2.HEALTH_STATE_PAUSED]


async def test_every_source_is_listed_once_when_pages_are_small(stub) -> None:
    names = {(await create(stub, display_name=f"信源 {number}")).name for number in range(5)}
    seen: list[str] = []
    token = ""
    while True:
        reply = await stub.ListSources(source_pb2.ListSourcesRequest(page_size=2, page_token=token))
        seen.extend(source.name for source in reply.sources)
        token = reply.next_page_token
        if not token:
            break
    assert len(seen) == 5
    assert set(seen) == names


async def test_a_deleted_source_is_gone_and_the_chain_holds(stub, database: Database) -> None:
    created = await create(stub)
    await stub.DeleteSource(source_pb2.DeleteSourceRequest(name=created.name))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.GetSource(source_pb2.GetSourceRequest(name=created.name))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    verification = await audit.verify(database)
    assert verification.first_broken is None
    assert verification.head.sequence == 2


async def test_a_preview_shows_documents_and_keeps_nothing_when_asked(stub, site: Site, database: Database) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG), ("b", "")))
    reply = await stub.PreviewSource(source_pb2.PreviewSourceRequest(source=a_source()))
    assert [document.url for document in reply.documents] == ["http://news.test/a"]
    assert reply.pages[0].outcome == "ok"
    async with database.read() as connection:
        assert (await spool.overview(connection)).waiting == 0


async def test_a_preview_says_why_when_robots_forbid(stub, site: Site) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /")
    reply = await stub.PreviewSource(source_pb2.PreviewSourceRequest(source=a_source()))
    assert reply.pages[0].outcome == "robots"
    assert "robots.txt" in reply.notes[0]


async def test_every_kind_has_a_schema_when_listed(stub) -> None:
    reply = await stub.ListSourceKinds(source_pb2.ListSourceKindsRequest())
    assert "feed" in [kind.kind for kind in reply.source_kinds]
    assert all(kind.parameters_schema.fields["properties"] for kind in reply.source_kinds)


async def test_sources_are_created_and_bad_rows_named_when_a_file_is_imported(stub) -> None:
    content = (
        "display_name,kind,medium,address,legal_basis,owner\n甲,feed,news,http://news.test/a,,\n乙,nothing,news,http://news.test/b,,\n"
        "丙,feed,news,http://10.0.0.1/c,,\n"
    )
    request = source_pb2.ImportSourcesRequest(
        format=source_pb2.SOURCE_LIST_FORMAT_CSV, content=content, legal_basis="公开信息", owner="people/a", request_id=str(uuid4())
    )
    reply = await stub.ImportSources(request)
    assert await stub.ImportSources(request) == reply
    assert [(source.display_name, source.owner) for source in reply.sources] == [("甲", "people/a")]
    assert [row.line for row in reply.refused] == [3, 4]
    assert len((await stub.ListSources(source_pb2.ListSourcesRequest())).sources) == 1


async def test_an_address_is_recognised_when_it_is_a_feed(stub, site: Site) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG)))
    reply = await stub.ProposeSource(source_pb2.ProposeSourceRequest(address="http://news.test/feed"))
    assert (reply.source.kind, reply.source.address) == ("feed", "http://news.test/feed")
    assert [document.url for document in reply.sample] == ["http://news.test/a"]
    created = await create(stub, kind=reply.source.kind, address=reply.source.address, parameters=reply.source.parameters)
    assert created.kind == "feed"


async def test_a_proposal_says_why_when_there_is_nothing_to_read(stub, site: Site) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /")
    reply = await stub.ProposeSource(source_pb2.ProposeSourceRequest(address="http://news.test/feed"))
    assert reply.source.kind == ""
    assert "robots.txt" in reply.reasons[0]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.ProposeSource(source_pb2.ProposeSourceRequest(address="http://169.254.169.254/latest"))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
