import asyncio
import secrets
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import grpc.aio
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import (
    correction_service_pb2_grpc,
    document_pb2,
    influence_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
    job_pb2_grpc,
    label_service_pb2_grpc,
    legal_hold_pb2_grpc,
    mention_pb2,
    mention_pb2_grpc,
    saved_search_pb2_grpc,
    topic_match_pb2_grpc,
    triage_service_pb2_grpc,
)
from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc, topic_pb2, vector_pb2, vector_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_indexing.adapters.elasticsearch.client import connect
from yuqing_indexing.main import MIGRATIONS, Parts, Scoring, assembled
from yuqing_indexing.settings import Settings
from yuqing_runtime import leases
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, Unavailable
from yuqing_runtime.sealing import create_key_file
from yuqing_runtime.serving import Registration
from yuqing_runtime.settings import SharedSettings
from yuqing_testkit.services import Town, person

NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
MONITOR = person(access_pb2.ROLE_MONITOR)


class FakeVectors(vector_pb2_grpc.VectorServiceServicer):
    """Texts with the same first character mean the same (a cosine of 0.92), others do not (0.08 at most). `off` and `away` make it refuse."""

    def __init__(self):
        self.off = self.away = False
        self.encoder = "fake.1"
        self.asked = []

    async def EmbedTexts(self, request, context):
        if self.off:
            raise FailedPrecondition("YUQING_SCORING_VECTORS names no encoder", reason="VECTORS_OFF")
        if self.away:
            raise Unavailable("not now")
        self.asked.extend(text.text for text in request.texts)
        vectors = [vector_pb2.Vector(values=self.vector(text.text)) for text in request.texts]
        return vector_pb2.EmbedTextsResponse(vectors=vectors, encoder=self.encoder)

    @staticmethod
    def vector(text):
        values = [0.0] * 512
        values[ord(text[0]) % 256] = 0.96
        values[256 + zlib.crc32(text.encode()) % 256] = 0.28
        return values


class FakeScoring(scoring_pb2_grpc.ScoringServiceServicer):
    """Judges by a few characters, with the labels and words set for a text; `away` makes it refuse, and it waits until it may `go_on`.

    Its full stage sees through irony, which is marked by a wink."""

    def __init__(self):
        self.away = self.full_stage_off = False
        self.judging, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()
        self.asked = []
        self.labels = {}
        self.words = {}
        self.vectors = FakeVectors()
        self.version = "1"

    @property
    def texts(self):
        return [text.text for text in self.asked]

    async def ScoreMentions(self, request, context):
        if self.away:
            raise Unavailable("not now")
        if self.full_stage_off and request.stage == types_pb2.STAGE_FULL:
            raise FailedPrecondition("switched off", reason="NO_SECOND_STAGE")
        self.judging.set()
        await self.go_on.wait()
        self.asked.extend(request.texts)
        return scoring_pb2.ScoreMentionsResponse(scores=[self._score(text, request.stage) for text in request.texts])

    def _score(self, text, stage):
        full = stage == types_pb2.STAGE_FULL
        negative = any(bad in text.text for bad in "坏差投诉") or (full and "😉" in text.text)
        sentiment = types_pb2.SENTIMENT_NEGATIVE if negative else types_pb2.SENTIMENT_POSITIVE
        probabilities = scoring_pb2.SentimentProbabilities(negative=0.75 if negative else 0.125, neutral=0.125, positive=0.125 if negative else 0.75)
        return scoring_pb2.Score(
            id=text.id,
            sentiment=sentiment,
            probabilities=probabilities,
            language="zh",
            model="fake full" if full else "fake",
            model_version=self.version,
            labels=self.labels.get(text.text),
            words=self.words.get(text.text, ()),
            stage=stage or types_pb2.STAGE_FAST,
        )


@dataclass
class Indexing:
    """A running service with everything real around it but scoring."""

    town: Town
    settings: Settings
    database: Database
    scoring: FakeScoring
    elasticsearch: object
    crawler: grpc.aio.Channel
    gateway: grpc.aio.Channel
    parts: Parts

    @property
    def mentions(self):
        return mention_pb2_grpc.MentionServiceStub(self.gateway)

    @property
    def saved_searches(self):
        return saved_search_pb2_grpc.SavedSearchServiceStub(self.gateway)

    @property
    def jobs(self):
        return job_pb2_grpc.JobServiceStub(self.gateway)

    @property
    def topic_matches(self):
        return topic_match_pb2_grpc.TopicMatchServiceStub(self.gateway)

    @property
    def corrections(self):
        return correction_service_pb2_grpc.CorrectionServiceStub(self.gateway)

    @property
    def labels(self):
        return label_service_pb2_grpc.LabelServiceStub(self.gateway)

    @property
    def legal_holds(self):
        return legal_hold_pb2_grpc.LegalHoldServiceStub(self.gateway)

    @property
    def triage(self):
        return triage_service_pb2_grpc.TriageServiceStub(self.gateway)

    @property
    def influences(self):
        return influence_pb2_grpc.InfluenceServiceStub(self.gateway)

    @property
    def changes(self):
        return ingest_pb2_grpc.ChangeServiceStub(self.crawler)

    async def ingest(self, documents: Sequence[document_pb2.Document], *, batch=1000) -> list[ingest_pb2.ItemOutcome]:
        """Sends the documents as one stream; the outcomes come in the order of the documents."""

        async def requests():
            for start in range(0, len(documents), batch):
                items = [ingest_pb2.SpoolItem(sequence=start + at, document=each) for at, each in enumerate(documents[start : start + batch])]
                yield ingest_pb2.IngestMentionsRequest(items=items)

        outcomes = {}
        async for reply in ingest_pb2_grpc.IngestServiceStub(self.crawler).IngestMentions(requests()):
            for outcome in reply.outcomes:
                assert outcome.sequence not in outcomes
                outcomes[outcome.sequence] = outcome
        return [outcomes[at] for at in range(len(documents))]

    async def mention(self, name, *, who=MONITOR):
        """A mention as that person reads it."""
        with self.town.acting(who):
            return (await self.mentions.GetMention(mention_pb2.GetMentionRequest(name=name))).mention

    async def work(self):
        """Does the jobs that people started; returns how many."""
        done = 0
        async with leases.lease(self.database, "by-query") as held:
            while await self.parts.by_query.once(held):
                done += 1
        return done

    async def retain(self, now):
        """One round of retention at that moment."""
        async with leases.lease(self.database, "retention") as held:
            await replace(self.parts.retention, now=lambda: now).once(held)

    async def embed(self):
        """Gives the stories that have none yet their vectors."""
        async with leases.lease(self.database, "story-heads") as held:
            await self.parts.embedding.once(held)

    async def search(self, query="", *, who=MONITOR, **fields):
        """What a search finds after a refresh, as that person."""
        await self.refresh()
        with self.town.acting(who):
            return await self.mentions.SearchMentions(mention_pb2.SearchMentionsRequest(query=query, **fields))

    async def texts(self, query="", **fields) -> set[str]:
        """The texts that a query finds."""
        return {hit.mention.document.text for hit in (await self.search(query, page_size=1000, **fields)).hits}

    async def refresh(self):
        await self.elasticsearch.indices.refresh(index=f"{self.settings.index_prefix}*")

    async def drop_mentions(self):
        """Loses the index of mentions, as if nothing had been written yet."""
        await drop_indices(self.elasticsearch, f"{self.settings.index_prefix}mentions-")

    async def count(self, family="mentions") -> int:
        await self.refresh()
        return (await self.elasticsearch.count(index=f"{self.settings.index_prefix}{family}-*"))["count"]


class Feed:
    """Tells a running indexing of topics, as scoring's feed does, and lets its jobs run."""

    def __init__(self, indexing):
        self.indexing, self.sequence = indexing, 0

    async def tell(self, name, query="", *, deleted=False, department="departments/quality", **fields):
        self.sequence += 1
        topic = topic_pb2.Topic(name=f"topics/{name}", query=query, department=department, **fields)
        change = topic_pb2.WatchTopicsResponse(sequence=self.sequence, topic=topic, deleted=deleted)
        async with self.indexing.database.write() as connection:
            await self.indexing.parts.following.apply(connection, change)

    async def work(self):
        """Does the jobs there are; returns how many."""
        done = 0
        async with leases.lease(self.indexing.database, "backfill") as held:
            while await self.indexing.parts.backfill.once(held):
                done += 1
        return done


def make_document(native_id="1", text="这家火锅真好吃", *, minute=0, site="e.test", **fields) -> document_pb2.Document:
    """A document fetched `minute` minutes after NOW; named fields go in as they are."""
    document = document_pb2.Document(
        source="sources/a",
        source_kind="api",
        medium=types_pb2.MEDIUM_FORUM,
        site=site,
        native_id=native_id,
        url=f"https://{site}/p/{native_id}" if native_id else "",
        item_kind=document_pb2.ITEM_KIND_POST,
        text=text,
    )
    document.fetched_time.FromDatetime(NOW + timedelta(minutes=minute))
    document.published_time.FromDatetime(NOW - timedelta(hours=1))
    for name, value in fields.items():
        if isinstance(value, datetime):
            getattr(document, name).FromDatetime(value)
        elif isinstance(value, (str, bool, int, float)):
            setattr(document, name, value)
        else:
            getattr(document, name).CopyFrom(value)
    return document


@pytest.fixture
def document():
    return make_document


@pytest.fixture
async def database(database_url):
    """Migrated; on SQLite and on PostgreSQL."""
    opened = await Database.open(database_url, schema="indexing")
    await opened.migrate(MIGRATIONS)
    yield opened
    await opened.close()


@asynccontextmanager
async def running_indexing(
    town: Town, elasticsearch_url: str, database_url: str, *, prefix: str, scoring: FakeScoring, stories: bool = True
) -> AsyncIterator[Indexing]:
    secret_key_file = town.folder / "secret.key"
    if not secret_key_file.exists():
        create_key_file(secret_key_file)
    shared = SharedSettings(elasticsearch_url=elasticsearch_url, keys=town.folder, secret_key_file=secret_key_file)
    chosen = Settings(shared=shared, index_prefix=prefix, stories=stories)
    database = await Database.open(database_url, schema="indexing")
    await database.migrate(MIGRATIONS)
    register_scoring = [
        Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, scoring),
        Registration(vector_pb2_grpc.add_VectorServiceServicer_to_server, scoring.vectors),
    ]
    async with (
        connect(elasticsearch_url) as client,
        town.running("scoring", register_scoring) as scoring_address,
        town.channel("indexing", "scoring", scoring_address) as to_scoring,
        assembled(chosen, database, Scoring.at(to_scoring)) as parts,
        town.running("indexing", parts.registrations) as address,
        town.channel("crawler", "indexing", address) as crawler,
        town.channel("gateway", "indexing", address) as gateway,
    ):
        yield Indexing(town, chosen, database, scoring, client, crawler, gateway, parts)
    await database.close()


async def drop_indices(client, prefix):
    names = list((await client.indices.get(index=f"{prefix}*")).body)
    if names:
        await client.indices.delete(index=names)


@pytest.fixture
async def index_prefix(elasticsearch_url):
    prefix = f"t{secrets.token_hex(4)}-"
    yield prefix
    async with connect(elasticsearch_url) as client:
        await drop_indices(client, prefix)


@pytest.fixture
def scoring():
    return FakeScoring()


@pytest.fixture
async def indexing(tmp_path, elasticsearch_url, sqlite_url, index_prefix, scoring):
    """On SQLite."""
    async with running_indexing(Town(tmp_path / "keys"), elasticsearch_url, sqlite_url, prefix=index_prefix, scoring=scoring) as running:
        yield running


@pytest.fixture
async def indexing_on_both(tmp_path, elasticsearch_url, database_url, index_prefix, scoring):
    """Runs the test on SQLite and on PostgreSQL."""
    async with running_indexing(Town(tmp_path / "keys"), elasticsearch_url, database_url, prefix=index_prefix, scoring=scoring) as running:
        yield running


@pytest.fixture
def feed(indexing):
    return Feed(indexing)


@pytest.fixture
def feed_on_both(indexing_on_both):
    return Feed(indexing_on_both)


@pytest.fixture
async def second_replica(indexing_on_both, elasticsearch_url, database_url):
    """Another process's worth of indexing on the same database and indices."""
    first = indexing_on_both
    async with running_indexing(first.town, elasticsearch_url, database_url, prefix=first.settings.index_prefix, scoring=first.scoring) as running:
        yield running


@pytest.fixture
async def without_stories(indexing, elasticsearch_url, sqlite_url):
    """A replica that is set to make no stories."""
    town, scoring, prefix = indexing.town, indexing.scoring, indexing.settings.index_prefix
    async with running_indexing(town, elasticsearch_url, sqlite_url, prefix=prefix, scoring=scoring, stories=False) as running:
        yield running


@pytest.fixture
def as_monitor(indexing):
    with indexing.town.acting(MONITOR):
        yield
