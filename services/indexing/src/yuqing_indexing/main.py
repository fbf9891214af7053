"""The composition root of indexing: reads the settings, builds the parts, serves. The only place that knows them all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc.aio
import structlog

from yuqing.indexing.v1 import (
    correction_service_pb2_grpc,
    influence_pb2_grpc,
    ingest_pb2_grpc,
    job_pb2_grpc,
    label_service_pb2_grpc,
    legal_hold_pb2_grpc,
    mention_pb2,
    mention_pb2_grpc,
    saved_search_pb2_grpc,
    story_pb2_grpc,
    topic_match_pb2_grpc,
    triage_service_pb2_grpc,
)
from yuqing.scoring.v1 import scoring_pb2_grpc, topic_pb2_grpc, vector_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_indexing.adapters.elasticsearch.client import away_is_named, connect
from yuqing_indexing.adapters.elasticsearch.heads import StoryHeads
from yuqing_indexing.adapters.elasticsearch.index import MentionIndex
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.influence_search import ElasticsearchInfluenceSearch
from yuqing_indexing.adapters.elasticsearch.refreshing import Refresher
from yuqing_indexing.adapters.elasticsearch.sampling import ElasticsearchSampling
from yuqing_indexing.adapters.elasticsearch.search import ElasticsearchSearch
from yuqing_indexing.adapters.elasticsearch.second_look import SecondLookQueue
from yuqing_indexing.adapters.elasticsearch.story_search import ElasticsearchStorySearch
from yuqing_indexing.adapters.elasticsearch.thinning import Months
from yuqing_indexing.adapters.files import CsvFile, JsonLinesFile, XlsxFile
from yuqing_indexing.adapters.labelled_set_file import MEDIA_TYPE, LabelledSetFile
from yuqing_indexing.adapters.scoring import GrpcScorer
from yuqing_indexing.adapters.vectors import GrpcEncoder
from yuqing_indexing.domain.assigning import Assigning
from yuqing_indexing.domain.flow import Limits
from yuqing_indexing.domain.following_people import FollowingPeople
from yuqing_indexing.domain.ingest import Ingest
from yuqing_indexing.domain.meaning import Meaning
from yuqing_indexing.domain.months import month_of
from yuqing_indexing.domain.moving import Moving
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.rescoring import Rescoring
from yuqing_indexing.domain.weights import SHIPPED, weights_of
from yuqing_indexing.servicers.acting import Acting
from yuqing_indexing.servicers.asking import Asking
from yuqing_indexing.servicers.change import ChangeServicer
from yuqing_indexing.servicers.correction import CorrectionServicer
from yuqing_indexing.servicers.erasing import Erasing
from yuqing_indexing.servicers.export import Export
from yuqing_indexing.servicers.influence import InfluenceServicer
from yuqing_indexing.servicers.ingest import IngestServicer
from yuqing_indexing.servicers.job import JobServicer
from yuqing_indexing.servicers.label import LabelServicer
from yuqing_indexing.servicers.legal_hold import LegalHoldServicer
from yuqing_indexing.servicers.mention import MentionServicer
from yuqing_indexing.servicers.noting import Noting
from yuqing_indexing.servicers.saved_search import SavedSearchServicer
from yuqing_indexing.servicers.starting import Starting
from yuqing_indexing.servicers.story import StoryServicer
from yuqing_indexing.servicers.topic_match import TopicMatchServicer
from yuqing_indexing.servicers.triage import TriageServicer
from yuqing_indexing.servicers.watch import Watch
from yuqing_indexing.settings import Settings
from yuqing_indexing.store.audience import SqlAudience
from yuqing_indexing.store.by_hand import SqlPeople
from yuqing_indexing.store.registry import SqlRegistry
from yuqing_indexing.store.rewrites import BY_HAND_WRITES, STORY_MOVES
from yuqing_indexing.store.stories import SqlStories
from yuqing_indexing.store.story_heads import SqlMergedStories
from yuqing_indexing.store.topics import SqlTopics
from yuqing_indexing.workers.backfill import Backfill
from yuqing_indexing.workers.by_query import ByQuery
from yuqing_indexing.workers.embedding import Embedding
from yuqing_indexing.workers.following import Following
from yuqing_indexing.workers.holding import Holding
from yuqing_indexing.workers.retention import Retention
from yuqing_indexing.workers.rewriting import Rewriter
from yuqing_indexing.workers.second_look import SecondLook
from yuqing_runtime.channels import Channels
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Loop, Registration, Server, run, serve
from yuqing_runtime.settings import peer

ENGINE_PAUSE_SECONDS = 1.0
_log = structlog.get_logger(__name__)
MIGRATIONS = Path(__file__).parent / "store" / "migrations"


FORMS = {
    mention_pb2.EXPORT_FORMAT_CSV: CsvFile,
    mention_pb2.EXPORT_FORMAT_XLSX: XlsxFile,
    mention_pb2.EXPORT_FORMAT_JSONL: JsonLinesFile,
}


@dataclass(frozen=True)
class Parts:
    """What indexing is made of, ready to be served."""

    registrations: tuple[Registration, ...]
    loops: tuple[Loop, ...]
    refresher: Refresher
    retention: Retention
    following: Following
    embedding: Embedding
    backfill: Backfill
    by_query: ByQuery
    regrouping: Rewriter
    by_hand: Rewriter
    second_look: SecondLook


@dataclass(frozen=True)
class Scoring:
    """The doors of scoring."""

    texts: scoring_pb2_grpc.ScoringServiceStub
    topics: topic_pb2_grpc.TopicServiceStub
    vectors: vector_pb2_grpc.VectorServiceStub

    @classmethod
    def at(cls, channel: grpc.aio.Channel) -> "Scoring":
        """Behind this channel."""
        return cls(scoring_pb2_grpc.ScoringServiceStub(channel), topic_pb2_grpc.TopicServiceStub(channel), vector_pb2_grpc.VectorServiceStub(channel))


@asynccontextmanager
async def assembled(settings: Settings, database: Database, scoring: Scoring) -> AsyncGenerator[Parts]:
    """Indexing on an open, migrated database; Elasticsearch is connected and left again."""
    async with connect(settings.shared.elasticsearch_url) as client:
        indices = Indices(client, prefix=settings.index_prefix, shards=settings.shards)
        heads = StoryHeads(client, prefix=settings.index_prefix, shards=settings.shards)
        await _prepared(indices, heads)
        weights = weights_of(settings.weights.read_bytes()) if settings.weights else SHIPPED
        refresher = Refresher(client, indices)
        index = MentionIndex(client, indices, weights, refresher)
        registry = SqlRegistry(database)
        zone = settings.shared.time_zone
        topics = SqlTopics(database, zone)
        stories = SqlStories(database)
        people = SqlPeople(database)
        scorer = GrpcScorer(scoring.texts)
        ingest = Ingest(registry, index, scorer, topics, stories if settings.stories else None, people)
        limits = Limits(batch_items=settings.batch_items, window=settings.batches_at_once)
        search, story_search = ElasticsearchSearch(client, indices), ElasticsearchStorySearch(client, indices)
        mentions = Mentions(registry, index)
        tokens = PageTokens(Sealer.from_file(settings.shared.secret_file).derive("page-tokens"))
        encoder = GrpcEncoder(scoring.vectors)
        meaning = Meaning(
            encoder, heads, story_search, SqlMergedStories(database), mentions, most=settings.similar_stories, least=settings.similar_least
        )
        asking = Asking(SqlAudience(database), zone, meaning)
        mention_servicer = MentionServicer(
            search=search,
            stories=story_search,
            mentions=mentions,
            exports=Export(search, FORMS, asking),
            watches=Watch(database, mentions, asking),
            erasing=Erasing(database, registry, index, mentions),
            tokens=tokens,
            asking=asking,
            weights=weights,
        )
        influence_servicer = InfluenceServicer(
            database=database,
            search=search,
            influences=ElasticsearchInfluenceSearch(client, indices),
            mentions=mentions,
            asking=asking,
            weights=weights,
        )
        retention = Retention(
            database, Months(client, indices), index, keep_months=settings.keep_months, feed_days=settings.feed_days, story_days=settings.story_days
        )
        following = Following(database, scoring.topics)
        embedding = Embedding(database, index, heads, encoder)
        backfill = Backfill(database, search, topics, Assigning(registry, index, topics))
        following_people = FollowingPeople(registry, index, people, topics)
        rescoring = Rescoring(registry, index, scorer, topics)
        ingest_servicer = IngestServicer(ingest, limits, refresher.all_taken)
        looking = Rescoring(registry, index, GrpcScorer(scoring.texts, types_pb2.STAGE_FULL), topics)
        second_look = SecondLook(database, SecondLookQueue(client, indices), looking, lambda: ingest_servicer.busy)
        holding = Holding(database, mentions, following_people)
        by_query = ByQuery(database, search, mentions, following_people, rescoring, holding, asking.selection_of_task)
        regrouping = Rewriter(database, "regrouping", STORY_MOVES, Moving(registry, index, stories))
        by_hand = Rewriter(database, "by-hand", BY_HAND_WRITES, following_people)
        starting = Starting(database)
        acting = Acting(database, mentions, following_people)
        correction_servicer = CorrectionServicer(database, search, acting, starting, tokens, asking)
        sampling = ElasticsearchSampling(client, indices)
        label_servicer = LabelServicer(database, sampling, mentions, asking, LabelledSetFile, MEDIA_TYPE)
        legal_hold_servicer = LegalHoldServicer(database, search, acting, tokens, asking)
        triage_servicer = TriageServicer(search, acting, Noting(database, acting, tokens), tokens, asking)
        topic_match_servicer = TopicMatchServicer(database, search, mentions, asking)
        yield Parts(
            registrations=(
                Registration(ingest_pb2_grpc.add_IngestServiceServicer_to_server, ingest_servicer),
                Registration(ingest_pb2_grpc.add_ChangeServiceServicer_to_server, ChangeServicer(database)),
                Registration(mention_pb2_grpc.add_MentionServiceServicer_to_server, mention_servicer),
                Registration(story_pb2_grpc.add_StoryServiceServicer_to_server, StoryServicer(database, story_search, tokens, asking)),
                Registration(influence_pb2_grpc.add_InfluenceServiceServicer_to_server, influence_servicer),
                Registration(saved_search_pb2_grpc.add_SavedSearchServiceServicer_to_server, SavedSearchServicer(database, tokens, asking)),
                Registration(topic_match_pb2_grpc.add_TopicMatchServiceServicer_to_server, topic_match_servicer),
                Registration(correction_service_pb2_grpc.add_CorrectionServiceServicer_to_server, correction_servicer),
                Registration(label_service_pb2_grpc.add_LabelServiceServicer_to_server, label_servicer),
                Registration(legal_hold_pb2_grpc.add_LegalHoldServiceServicer_to_server, legal_hold_servicer),
                Registration(triage_service_pb2_grpc.add_TriageServiceServicer_to_server, triage_servicer),
                Registration(job_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(database, search, starting, tokens, asking)),
            ),
            loops=(
                refresher.run,
                retention.run,
                following.run,
                embedding.run,
                backfill.run,
                by_query.run,
                regrouping.run,
                by_hand.run,
                second_look.run,
            ),
            refresher=refresher,
            retention=retention,
            following=following,
            embedding=embedding,
            backfill=backfill,
            by_query=by_query,
            regrouping=regrouping,
            by_hand=by_hand,
            second_look=second_look,
        )


async def _prepared(indices: Indices, heads: StoryHeads) -> None:
    """Waits for Elasticsearch, as services start in any order, and brings its indices up to date."""
    while True:
        try:
            with away_is_named():
                await indices.upgrade()
                await heads.prepare()
                await indices.ensure("mentions", month_of(datetime.now(UTC)))
        except OutsideUnavailable as error:
            _log.warning("waiting for Elasticsearch", error=str(error), seconds=ENGINE_PAUSE_SECONDS)
            await asyncio.sleep(ENGINE_PAUSE_SECONDS)
        else:
            return


async def serve_indexing(settings: Settings) -> None:
    """Runs the service until it is told to stop."""
    identity = Identity.load("indexing", settings.shared.keys_folder)
    database = await Database.open(settings.database("indexing"), schema="indexing")
    try:
        await database.migrate(MIGRATIONS)
        async with Channels(identity, peer) as channels, assembled(settings, database, Scoring.at(channels.to("scoring"))) as parts:
            server = Server(
                "indexing",
                settings.address,
                identity,
                parts.registrations,
                loops=parts.loops,
                drain_seconds=settings.shared.drain_seconds,
            )
            await serve(server)
    finally:
        await database.close()


def main() -> None:
    """The entry point of the process."""
    run("indexing", serve_indexing, Settings)


if __name__ == "__main__":
    main()
