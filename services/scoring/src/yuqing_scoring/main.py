"""The composition root of scoring: reads the settings, loads the model, serves. The only place that knows all parts."""

from concurrent.futures import ThreadPoolExecutor

import structlog

from yuqing.scoring.v1 import scoring_pb2_grpc
from yuqing_runtime.keys import Identity
from yuqing_runtime.serving import Registration, Server, run, serve
from yuqing_scoring.adapters.model_file import SHIPPED, load
from yuqing_scoring.servicers.scoring import ScoringServicer
from yuqing_scoring.settings import Settings

_log = structlog.get_logger(__name__)


async def serve_scoring(settings: Settings) -> None:
    """Runs the service until it is told to stop."""
    stored = load(settings.model or SHIPPED)
    _log.info("model loaded", model=stored.model.name, version=stored.model.version, sha256=stored.sha256)
    identity = Identity.load("scoring", settings.shared.keys_folder)
    with ThreadPoolExecutor(settings.threads, thread_name_prefix="judge") as pool:
        servicer = ScoringServicer(stored.model, pool, waiting_calls=settings.waiting_calls)
        registration = Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, servicer)
        await serve(Server("scoring", settings.address, identity, [registration], drain_seconds=settings.shared.drain_seconds))


def main() -> None:
    """The entry point of the process."""
    run("scoring", serve_scoring, Settings)


if __name__ == "__main__":
    main()
