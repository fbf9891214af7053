"""The composition root of scoring: reads the settings, loads the model, serves. The only place that knows all parts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from yuqing.scoring.v1 import model_pb2_grpc, scoring_pb2_grpc, topic_pb2_grpc, vector_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.objects import Objects
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Registration, Server, run, serve
from yuqing_scoring.adapters.model_file import SHIPPED
from yuqing_scoring.adapters.model_shelf import ObjectShelf
from yuqing_scoring.adapters.onnx_encoder import background_pool
from yuqing_scoring.adapters.sentence_vectors import SentenceVectors
from yuqing_scoring.domain.stages import Stages
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.servicers.model import ModelServicer
from yuqing_scoring.servicers.scoring import Desk, ScoringServicer
from yuqing_scoring.servicers.topic import TopicServicer
from yuqing_scoring.servicers.vector import VectorServicer
from yuqing_scoring.settings import OFF, Settings
from yuqing_scoring.workers.housekeeping import Housekeeping
from yuqing_scoring.workers.live_model import LiveModel

MIGRATIONS = Path(__file__).parent / "store" / "migrations"

_WAITING_EMBEDDINGS = 8
"""Calls for vectors of many texts that may wait: indexing, which makes them, comes again."""
_log = structlog.get_logger(__name__)


async def serve_scoring(settings: Settings) -> None:
    """Runs the service until it is told to stop."""
    folder = settings.model or SHIPPED
    objects = Objects.open(settings.objects_url)
    shelf = ObjectShelf(objects, settings.shared.var / "loaded-models", folder, settings.second_stage, settings.labels)
    shipped = await shelf.load(None)
    vectors = None if settings.vectors == OFF else SentenceVectors(Path(settings.vectors))
    _log.info("search by meaning", encoder=vectors.encoder if vectors else OFF)
    identity = Identity.load("scoring", settings.shared.keys_folder)
    database = await Database.open(settings.database("scoring"), schema="scoring")
    try:
        await database.migrate(MIGRATIONS)
        tokens = PageTokens(Sealer.from_file(settings.shared.secret_file).derive("page-tokens"))
        topics = TopicServicer(database, tokens, settings.shared.time_zone)
        with (
            ThreadPoolExecutor(settings.threads, thread_name_prefix="judge") as pool,
            background_pool(settings.second_threads, "second-look") as second_pool,
            background_pool(1, "embed") as embedding_pool,
        ):
            at_once = BoundedPool(pool, waiting_calls=settings.waiting_calls)
            stepping_back = BoundedPool(second_pool, waiting_calls=settings.waiting_calls)

            def desks(stages: Stages) -> tuple[Desk, Desk | None]:
                full = stages.both and Desk(types_pb2.STAGE_FULL, stages.both, stepping_back)
                return Desk(types_pb2.STAGE_FAST, stages.first, at_once), full

            texts = ScoringServicer(*desks(shipped))
            live = LiveModel(database, shelf, use=lambda stages: texts.use(*desks(stages)))
            await live.begin()
            registrations = [
                Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, texts),
                Registration(
                    vector_pb2_grpc.add_VectorServiceServicer_to_server,
                    VectorServicer(vectors, at_once, BoundedPool(embedding_pool, waiting_calls=_WAITING_EMBEDDINGS)),
                ),
                Registration(model_pb2_grpc.add_ModelServiceServicer_to_server, ModelServicer(database, shelf, stepping_back, live.refresh)),
                Registration(topic_pb2_grpc.add_TopicServiceServicer_to_server, topics),
            ]
            loops = [Housekeeping(database, objects).run, live.run]
            await serve(Server("scoring", settings.address, identity, registrations, loops=loops, drain_seconds=settings.shared.drain_seconds))
    finally:
        await database.close()


def main() -> None:
    """The entry point of the process."""
    run("scoring", serve_scoring, Settings)


if __name__ == "__main__":
    main()
