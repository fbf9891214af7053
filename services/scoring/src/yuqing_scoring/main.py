"""The composition root of scoring: reads the settings, loads the model, serves. The only place that knows all parts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from yuqing.scoring.v1 import scoring_pb2_grpc, topic_pb2_grpc
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Registration, Server, run, serve
from yuqing_scoring.adapters.model_file import SHIPPED, load
from yuqing_scoring.domain.first_stage import FirstStage
from yuqing_scoring.servicers.scoring import ScoringServicer
from yuqing_scoring.servicers.topic import TopicServicer
from yuqing_scoring.settings import Settings
from yuqing_scoring.workers.housekeeping import Housekeeping

MIGRATIONS = Path(__file__).parent / "store" / "migrations"

_log = structlog.get_logger(__name__)


async def serve_scoring(settings: Settings) -> None:
    """Runs the service until it is told to stop."""
    stored = load(settings.model or SHIPPED)
    _log.info("model loaded", model=stored.model.name, version=stored.model.version, sha256=stored.sha256)
    identity = Identity.load("scoring", settings.shared.keys_folder)
    database = await Database.open(settings.database("scoring"), schema="scoring")
    try:
        await database.migrate(MIGRATIONS)
        tokens = PageTokens(Sealer.from_file(settings.shared.secret_file).derive("page-tokens"))
        topics = TopicServicer(database, tokens, settings.shared.time_zone)
        with ThreadPoolExecutor(settings.threads, thread_name_prefix="judge") as pool:
            texts = ScoringServicer(FirstStage(stored.model), pool, waiting_calls=settings.waiting_calls)
            registrations = [
                Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, texts),
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
