"""Composition root of the crawler: reads settings, builds the parts, serves."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from yuqing.crawler.v1 import people_pb2_grpc, source_pb2_grpc, spool_pb2_grpc
from yuqing.indexing.v1 import ingest_pb2_grpc
from yuqing_crawler.engine.downloads import Downloads
from yuqing_crawler.engine.looking import Looking
from yuqing_crawler.engine.parsing import Parsers
from yuqing_crawler.engine.reading import Reader
from yuqing_crawler.engine.run import Workbench
from yuqing_crawler.engine.sealed import SourceSecrets
from yuqing_crawler.servicers.calls import Lists
from yuqing_crawler.servicers.imports import MentionImportServicer
from yuqing_crawler.servicers.patrols import PatrolServicer, PatrolUseCases
from yuqing_crawler.servicers.reports import EmployeeReportServicer, ReportUseCases
from yuqing_crawler.servicers.sources import SourceServicer
from yuqing_crawler.servicers.sourcing import SourceUseCases
from yuqing_crawler.servicers.spool import SpoolServicer
from yuqing_crawler.servicers.stored_pages import StoredPageServicer
from yuqing_crawler.settings import Settings
from yuqing_crawler.store.recorder import Recorder
from yuqing_crawler.workers.checking import Checking
from yuqing_crawler.workers.findings import Findings
from yuqing_crawler.workers.following import Following
from yuqing_crawler.workers.housekeeping import Housekeeping
from yuqing_crawler.workers.revisits import Revisits
from yuqing_crawler.workers.scheduler import Scheduler, new_holder
from yuqing_crawler.workers.shipper import Shipper
from yuqing_runtime.channels import Channels
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.objects import Objects
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Loop, Registration, Server, run, serve
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
        parsers = Parsers(settings.parsers)
        stack.callback(parsers.close)
        reader = Reader(downloads, parsers)
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
    bench = Workbench(database, parts.reader, _recorder(settings, database), objects)
    secrets = SourceSecrets(sealer)
    indexing = parts.channels.to("indexing")
    changes = ingest_pb2_grpc.ChangeServiceStub(indexing)
    shipper = Shipper(database, ingest_pb2_grpc.IngestServiceStub(indexing), settings)
    zone, holder = ZoneInfo(settings.shared.time_zone), new_holder()
    loops: list[Loop] = [
        Scheduler(bench, secrets.open, settings, holder).run,
        shipper.run,
        Findings(bench, parts.downloads, zone).run,
        Housekeeping(database, objects, Checking(changes), settings).run,
        Following(database, changes).run,
    ]
    if settings.revisits_per_host_hour and settings.revisit_after_seconds:
        loops.append(Revisits(bench, secrets.open, settings, holder).run)
    use_cases = SourceUseCases(settings, secrets, Looking(parts.downloads, parts.reader))
    lists = Lists(PageTokens(sealer.derive("page-tokens")))
    return Server(
        service=SERVICE,
        address=settings.address,
        identity=identity,
        servicers=[
            Registration(source_pb2_grpc.add_SourceServiceServicer_to_server, SourceServicer(database, use_cases, lists)),
            Registration(spool_pb2_grpc.add_SpoolServiceServicer_to_server, SpoolServicer(database, shipper.reach, lists)),
            Registration(spool_pb2_grpc.add_StoredPageServiceServicer_to_server, StoredPageServicer(database, objects)),
            Registration(people_pb2_grpc.add_PatrolServiceServicer_to_server, PatrolServicer(database, PatrolUseCases(zone), lists)),
            Registration(people_pb2_grpc.add_EmployeeReportServiceServicer_to_server, EmployeeReportServicer(database, ReportUseCases(zone), lists)),
            Registration(people_pb2_grpc.add_MentionImportServiceServicer_to_server, MentionImportServicer(database, zone)),
        ],
        loops=loops,
        drain_seconds=settings.shared.drain_seconds,
    )


def _recorder(settings: Settings, database: Database) -> Recorder:
    steps = settings.revisit_after_seconds if settings.revisits_per_host_hour else ()
    first_revisit = timedelta(seconds=steps[0]) if steps else None
    return Recorder(database, stored_page_age=timedelta(days=settings.stored_page_days), first_revisit=first_revisit)


def main() -> None:
    """The process's entry point."""
    run(SERVICE, serve_crawler, Settings)


if __name__ == "__main__":
    main()
