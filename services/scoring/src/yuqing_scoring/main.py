"""The composition root of scoring: reads the settings, loads the model, serves. The only place that knows all parts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from yuqing.scoring.v1 import scoring_pb2_grpc, topic_pb2_grpc, vector_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Registration, Server, run, serve
from yuqing_scoring.adapters import second_stage_file
from yuqing_scoring.adapters.label_file import load_labeller
from yuqing_scoring.adapters.model_file import SHIPPED, load
from yuqing_scoring.adapters.onnx_encoder import background_pool
from yuqing_scoring.adapters.sentence_vectors import SentenceVectors
from yuqing_scoring.domain.first_stage import BothStages, FirstStage
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.servicers.scoring import Desk, ScoringServicer
from yuqing_scoring.servicers.topic import TopicServicer
from yuqing_scoring.servicers.vector import VectorServicer
from yuqing_scoring.settings import OFF, Settings
from yuqing_scoring.workers.housekeeping import Housekeeping

MIGRATIONS = Path(__file__).parent / "store" / "migrations"

_WAITING_EMBEDDINGS = 8
"""Calls for vectors of many texts that may wait: indexing, which makes them, comes again."""
_log = structlog.get_logger(__name__)


async def serve_scoring(settings: Settings) -> None:
    """Runs the service until it is told to stop."""
    folder = settings.model or SHIPPED
    stored = load(folder)
    _log.info("model loaded", model=stored.model.name, version=stored.model.version, sha256=stored.sha256)
    labeller = load_labeller(folder)
    _log.info("judge of labels loaded", version=labeller.version)
    second = second_stage_file.load(folder, stored) if settings.second_stage and second_stage_file.has_second_stage(folder) else None
    if second:
        _log.info("second stage loaded", model=second.name, version=second.version)
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
            first = FirstStage(stored.model, labeller)
            at_once = BoundedPool(pool, waiting_calls=settings.waiting_calls)
            fast = Desk(types_pb2.STAGE_FAST, first, at_once)
            full = second and Desk(types_pb2.STAGE_FULL, BothStages(first, second), BoundedPool(second_pool, waiting_calls=settings.waiting_calls))
            texts = ScoringServicer(fast, full)
            registrations = [
                Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, texts),
                Registration(
                    vector_pb2_grpc.add_VectorServiceServicer_to_server,
                    VectorServicer(vectors, at_once, BoundedPool(embedding_pool, waiting_calls=_WAITING_EMBEDDINGS)),
                ),
                Registration(topic_pb2_grpc.add_TopicServiceServicer_to_server, topics),
            ]
            loops = [Housekeeping(database).run]
            await serve(Server("scoring", settings.address, identity, registrations, loops=loops, drain_seconds=settings.shared.drain_seconds))
    finally:
        await database.close()


def main() -> None:
    """The entry point of the process."""
    run("scoring", serve_scoring, Settings)


if __name__ == "__main__":
    main()
