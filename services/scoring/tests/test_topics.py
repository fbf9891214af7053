"""Topics are kept, shown to those who may see them, changed by those who are responsible, and told to those who follow."""

import uuid
from datetime import UTC, datetime

import grpc
import grpc.aio
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy import select

from yuqing.access.v1 import access_pb2
from yuqing.scoring.v1 import topic_pb2 as pb
from yuqing.scoring.v1 import topic_pb2_grpc
from yuqing_runtime.columns import new_metadata
from yuqing_runtime.database import Database
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.serving import Registration
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import add_runtime_tables, audit
from yuqing_scoring.main import MIGRATIONS
from yuqing_scoring.servicers.topic import TopicServicer
from yuqing_scoring.store.tables import METADATA
from yuqing_testkit.services import Town, person

MONITOR = person(access_pb2.ROLE_MONITOR, name="people/monitor", department="departments/publicity")
HEAD = person(access_pb2.ROLE_HEAD, name="people/head", department="departments/quality")
HANDLER = person(access_pb2.ROLE_HANDLER, name="people/handler", department="departments/service")
LEADER = person(access_pb2.ROLE_LEADER, name="people/leader", department="departments/board")


class Topics:
    """The running service with a stub."""

    def __init__(self, town, database, channel):
        self.town, self.database = town, database
        self.stub = topic_pb2_grpc.TopicServiceStub(channel)

    async def create(self, who=MONITOR, request_id="", **fields):
        with self.town.acting(who):
            return (await self.stub.CreateTopic(pb.CreateTopicRequest(topic=topic(**fields), request_id=request_id))).topic

    async def get(self, name, who=MONITOR):
        with self.town.acting(who):
            return (await self.stub.GetTopic(pb.GetTopicRequest(name=name))).topic

    async def update(self, changed, *paths, who=MONITOR):
        with self.town.acting(who):
            return (await self.stub.UpdateTopic(pb.UpdateTopicRequest(topic=changed, update_mask=FieldMask(paths=paths)))).topic

    async def delete(self, name, who=MONITOR):
        with self.town.acting(who):
            await self.stub.DeleteTopic(pb.DeleteTopicRequest(name=name))

    async def listed(self, who=MONITOR, **fields):
        with self.town.acting(who):
            return [each.display_name for each in (await self.stub.ListTopics(pb.ListTopicsRequest(**fields))).topics]


def topic(display_name="炸锅", query="霁川 (爆炸 OR 起火)", department="departments/quality", subject=pb.SUBJECT_OWN, **fields):
    made = pb.Topic(display_name=display_name, query=query, department=department, subject=subject)
    for name, value in fields.items():
        if isinstance(value, datetime):
            getattr(made, name).FromDatetime(value)
        elif isinstance(value, list):
            getattr(made, name).extend(value)
        else:
            setattr(made, name, value)
    return made


@pytest.fixture
async def topics(tmp_path, database_url):
    town = Town(tmp_path / "keys")
    database = await Database.open(database_url, schema="scoring")
    await database.migrate(MIGRATIONS)
    servicer = TopicServicer(database, PageTokens(b"k" * 32), "Asia/Shanghai")
    registration = Registration(topic_pb2_grpc.add_TopicServiceServicer_to_server, servicer)
    async with town.running("scoring", [registration]) as address, town.channel("gateway", "scoring", address) as channel:
        made = Topics(town, database, channel)
        made.address = address
        yield made
    await database.close()


def details(error):
    """Reason, metadata and the fields that are wrong."""
    found = refusal(error)
    return found.reason, dict(found.metadata), [each.field for each in found.violations]


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_a_topic_is_as_it_was_made_when_it_is_read_again(topics):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = await topics.create(shown_terms=["炸锅", "起火"], language="zh", start_time=start, shared_with=["departments/service"])
    assert made.name.startswith("topics/")
    assert (made.display_name, made.subject, made.department, list(made.shown_terms)) == (
        "炸锅",
        pb.SUBJECT_OWN,
        "departments/quality",
        ["炸锅", "起火"],
    )
    assert made.start_time.ToDatetime(UTC) == start
    assert not made.HasField("end_time")
    assert made.HasField("create_time")
    assert await topics.get(made.name) == made


@pytest.mark.parametrize(
    ("query", "start", "end", "code"),
    [("手机 (爆炸", 3, 4, "unclosed_bracket"), ("a topic:topics/x", 2, 8, "unknown_field"), ("a 媒体:报纸", 5, 7, "unknown_value")],
)
async def test_a_query_is_refused_with_its_place_when_it_cannot_be_read(topics, query, start, end, code):
    error = await refused(topics.create(query=query))
    reason, metadata, fields = details(error)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (reason, metadata["code"], metadata["start"], metadata["end"], fields) == ("QUERY_ERROR", code, str(start), str(end), ["topic.query"])
    assert await topics.listed() == []


async def test_a_topic_is_refused_when_it_would_end_before_it_begins(topics):
    error = await refused(topics.create(start_time=datetime(2026, 2, 1, tzinfo=UTC), end_time=datetime(2026, 1, 1, tzinfo=UTC)))
    assert details(error)[2] == ["topic.end_time"]


async def test_a_topic_is_made_once_when_its_request_is_repeated(topics):
    request_id = str(uuid.uuid4())
    assert await topics.create(request_id=request_id) == await topics.create(request_id=request_id)
    assert await topics.listed() == ["炸锅"]
    assert (await refused(topics.create(request_id=request_id, query="另一个"))).code() is grpc.StatusCode.ALREADY_EXISTS
    assert details(await refused(topics.create()))[0] == "DISPLAY_NAME_TAKEN"


async def test_only_departments_that_share_it_see_a_topic_when_they_do_not_watch_over_all(topics):
    await topics.create(display_name="质量", department="departments/quality")
    await topics.create(display_name="共享", department="departments/quality", shared_with=["departments/service"])
    await topics.create(display_name="服务", department="departments/service")
    assert await topics.listed() == sorted(["质量", "共享", "服务"])
    assert await topics.listed(LEADER) == sorted(["质量", "共享", "服务"])
    assert await topics.listed(HEAD) == sorted(["质量", "共享"])
    assert await topics.listed(HANDLER) == sorted(["共享", "服务"])
    hidden = await topics.create(display_name="质量二", department="departments/quality")
    assert (await refused(topics.get(hidden.name, HANDLER))).code() is grpc.StatusCode.NOT_FOUND


async def test_a_head_changes_only_topics_of_the_own_department(topics):
    own = await topics.create(HEAD, display_name="自己的")
    assert (await refused(topics.create(HEAD, display_name="别人的", department="departments/service"))).code() is grpc.StatusCode.PERMISSION_DENIED
    given_away = topic(display_name="自己的", department="departments/service", name=own.name)
    assert (await refused(topics.update(given_away, "department", who=HEAD))).code() is grpc.StatusCode.PERMISSION_DENIED
    shared = await topics.create(display_name="共享", department="departments/service", shared_with=["departments/quality"])
    assert (await refused(topics.delete(shared.name, who=HEAD))).code() is grpc.StatusCode.PERMISSION_DENIED
    await topics.delete(own.name, who=HEAD)
    assert await topics.listed(HEAD) == ["共享"]


async def test_only_masked_fields_change_and_a_late_change_is_refused_when_somebody_was_faster(topics):
    made = await topics.create()
    wanted = topic(display_name="新名", query="另一个", name=made.name, paused=True, etag=made.etag)
    changed = await topics.update(wanted, "query", "paused")
    assert (changed.display_name, changed.query, changed.paused, changed.subject) == ("炸锅", "另一个", True, pb.SUBJECT_OWN)
    assert changed.etag != made.etag
    assert details(await refused(topics.update(wanted, "query")))[0] == "ETAG_MISMATCH"
    assert (await refused(topics.update(topic(name=made.name), "create_time"))).code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_topics_are_listed_page_by_page_and_by_subject(topics):
    names = [f"专题{number}" for number in range(5)]
    for name in names:
        await topics.create(display_name=name, subject=pb.SUBJECT_COMPETITOR if name == "专题3" else pb.SUBJECT_POLICY)
    found, token = [], ""
    with topics.town.acting(MONITOR):
        while True:
            page = await topics.stub.ListTopics(pb.ListTopicsRequest(page_size=2, page_token=token))
            found += [each.display_name for each in page.topics]
            if not (token := page.next_page_token):
                break
    assert found == names
    assert await topics.listed(subject=pb.SUBJECT_COMPETITOR) == ["专题3"]


async def test_followers_learn_of_each_change_in_order(topics):
    made = await topics.create()
    await topics.update(topic(name=made.name, query="另一个"), "query")
    await topics.delete(made.name)
    async with topics.town.channel("indexing", "scoring", topics.address) as channel:
        stream = topic_pb2_grpc.TopicServiceStub(channel).WatchTopics(pb.WatchTopicsRequest(after_sequence=0))
        heard = [await stream.read() for _ in range(3)]
        stream.cancel()
    assert [(each.sequence, each.topic.query, each.deleted) for each in heard] == [(1, made.query, False), (2, "另一个", False), (3, "另一个", True)]


async def test_each_change_leaves_an_audit_record(topics):
    made = await topics.create()
    await topics.delete(made.name)
    async with topics.database.read() as connection:
        rows = (await connection.execute(select(audit).order_by(audit.c.sequence))).all()
    assert [(row.action, row.actor, row.resource) for row in rows] == [
        ("topics.create", "people/monitor", made.name),
        ("topics.delete", "people/monitor", made.name),
    ]


async def test_migrations_make_what_the_tables_describe_when_they_have_run(database_url):
    described = new_metadata()
    for table in METADATA.sorted_tables:
        table.to_metadata(described)
    add_runtime_tables(described)
    database = await Database.open(database_url, schema="scoring")
    await database.migrate(MIGRATIONS)
    async with database.read() as connection:
        differences = await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), described))
    await database.close()
    assert [difference for difference in differences if "alembic_version" not in str(difference)] == []


async def test_a_topic_keeps_its_synonyms_when_its_query_asks_for_them(topics):
    lists = [pb.SynonymList(terms=["投诉", "举报"]), pb.SynonymList(terms=["炸锅", "空气炸锅", "airfryer"])]
    made = await topics.create(query="同义:炸锅 谐音:骗子", synonyms=lists)
    assert list((await topics.get(made.name)).synonyms) == lists
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await topics.update(pb.Topic(name=made.name, synonyms=lists[:1]), "synonyms")
    assert details(caught.value)[1]["code"] == "no_synonyms"
    changed = await topics.update(pb.Topic(name=made.name, query="同义:投诉", synonyms=lists[:1]), "synonyms", "query")
    assert (changed.query, list(changed.synonyms)) == ("同义:投诉", lists[:1])
