"""Composition root of the crawler: reads settings, builds the parts, serves."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from yuqing.crawler.v1 import source_pb2_grpc, spool_pb2_grpc
from yuqing.indexing.v1 import ingest_pb2_grpc
from yuqing_crawler.adapters.sealed import SourceSecrets
from yuqing_crawler.engine.downloads import Downloads
from yuqing_crawler.engine.looking import Looking
from yuqing_crawler.engine.reading import Reader
from yuqing_crawler.engine.run import Workbench
from yuqing_crawler.servicers.calls import Lists
from yuqing_crawler.servicers.sources import SourceServicer, SourceUseCases
from yuqing_crawler.servicers.spool import SpoolServicer
from yuqing_crawler.servicers.stored_pages import StoredPageServicer
from yuqing_crawler.settings import Settings
from yuqing_crawler.store.recorder import Recorder
from yuqing_crawler.workers.scheduler import Scheduler
from yuqing_crawler.workers.shipper import Shipper
from yuqing_runtime.channels import Channels
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.objects import Objects
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Registration, Server, run, serve
from yuqing_runtime.settings import peer

SERVICE = "crawler"
MIGRATIONS = Path(__file__).parent / "store" / "migrations"


async def serve_crawler(settings: Settings) -> None:
    """Serves until it is told to stop."""
    async with AsyncExitStack() as stack:
        identity = Identity.load(SERVICE, settings.shared.keys_folder)
        sealer = Sealer.from_file(settings.shared.secret_file)
        database = await Database.open(settings.database(SERVICE), schema=SERVICE)
        stack.push_async_callback(database.close)
        await database.migrate(MIGRATIONS)
        channels = await stack.enter_async_context(Channels(identity, peer))
        downloads = await Downloads.open(settings)
        stack.push_async_callback(downloads.close)
        reader = Reader(downloads)
        stack.callback(reader.close)
        await serve(_server(settings, identity, sealer, _Parts(database, channels, downloads, reader)))


class _Parts:
    """What was opened, and what is made of it."""

    def __init__(self, database: Database, channels: Channels, downloads: Downloads, reader: Reader) -> None:
        self.database = database
        self.channels = channels
        self.downloads = downloads
        self.reader = reader


def _server(settings: Settings, identity: Identity, sealer: Sealer, parts: _Parts) -> Server:
    database = parts.database
    objects = Objects.open(settings.objects_url)
    steps = settings.revisit_after_seconds if settings.revisits_per_host_hour else ()
    first_revisit = timedelta(seconds=steps[0]) if steps else None
    recorder = Recorder(database, stored_page_age=timedelta(days=settings.stored_page_days), first_revisit=first_revisit)
    bench = Workbench(database, parts.reader, recorder, objects)
    secrets = SourceSecrets(sealer)
    shipper = Shipper(database, ingest_pb2_grpc.IngestServiceStub(parts.channels.to("indexing")), settings)
    scheduler = Scheduler(bench, secrets.open, settings)
    lists = Lists(PageTokens(sealer.derive("page-tokens")))
    use_cases = SourceUseCases(settings, secrets, Looking(parts.downloads, parts.reader))
    return Server(
        service=SERVICE,
        address=settings.address,
        identity=identity,
        servicers=[
            Registration(source_pb2_grpc.add_SourceServiceServicer_to_server, SourceServicer(database, use_cases, lists)),
            Registration(spool_pb2_grpc.add_SpoolServiceServicer_to_server, SpoolServicer(database, shipper.reach, lists)),
            Registration(spool_pb2_grpc.add_StoredPageServiceServicer_to_server, StoredPageServicer(database, objects)),
        ],
        loops=[scheduler.run, shipper.run],
        drain_seconds=settings.shared.drain_seconds,
    )


def main() -> None:
    """The process's entry point."""
    run(SERVICE, serve_crawler, Settings)


if __name__ == "__main__":
    main()
