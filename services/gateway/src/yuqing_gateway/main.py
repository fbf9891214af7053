"""The gateway's process: directory by gRPC, REST by HTTP, in one event loop."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from yuqing.directory.v1 import directory_pb2_grpc
from yuqing_gateway.accounts.accounts import Accounts
from yuqing_gateway.accounts.first import create_first_accounts
from yuqing_gateway.accounts.oidc import Oidc, OidcClient
from yuqing_gateway.accounts.passwords import Passwords
from yuqing_gateway.app import Parts, build_app
from yuqing_gateway.servicers.departments import DepartmentServicer
from yuqing_gateway.servicers.people import PersonServicer
from yuqing_gateway.settings import Settings
from yuqing_gateway.workers.housekeeping import Housekeeping
from yuqing_runtime.channels import Channels
from yuqing_runtime.database import Database
from yuqing_runtime.keys import Identity
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.sealing import Sealer
from yuqing_runtime.serving import Registration, Server, run, start, stop_signal
from yuqing_runtime.settings import peer

_MIGRATIONS = Path(__file__).parent / "store" / "migrations"
_log = structlog.get_logger(__name__)


async def serve_gateway(settings: Settings) -> None:
    """Opens the database, makes the first accounts, serves until told to stop."""
    shared = settings.shared
    identity, sealer = Identity.load("gateway", shared.keys_folder), Sealer.from_file(shared.secret_file)
    database = await Database.open(settings.database("gateway"), schema="gateway")
    try:
        await database.migrate(_MIGRATIONS)
        passwords = Passwords()
        await create_first_accounts(database, passwords, file=shared.var / "first-accounts.txt", demonstration=settings.demonstration)
        page_tokens = PageTokens(sealer.derive("page-tokens"))
        servicers = [
            Registration(directory_pb2_grpc.add_PersonServiceServicer_to_server, PersonServicer(database, page_tokens, sealer.derive("audit-veil"))),
            Registration(directory_pb2_grpc.add_DepartmentServiceServicer_to_server, DepartmentServicer(database, page_tokens)),
        ]
        server = Server(
            "gateway",
            peer("directory"),
            identity,
            servicers,
            loops=[Housekeeping(database, feed_days=settings.feed_days).run],
            hosts=frozenset({"directory"}),
            drain_seconds=shared.drain_seconds,
        )
        async with Channels(identity, peer) as channels:
            await _serve_both(server, Parts(settings, Accounts(database, identity, passwords), channels.to, _oidc(settings, database, sealer)))
    finally:
        await database.close()


def _oidc(settings: Settings, database: Database, sealer: Sealer) -> Oidc | None:
    if not settings.oidc_issuer:
        return None
    client = OidcClient(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret.get_secret_value(), settings.oidc_redirect_url)
    return Oidc(client, database, key=sealer.derive("oidc-flow"))


async def _serve_both(server: Server, parts: Parts) -> None:
    stopped = stop_signal()
    directory = await start(server)
    host, _, port = parts.settings.http.rpartition(":")
    config = uvicorn.Config(
        build_app(parts),
        host=host,
        port=int(port),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(server.drain_seconds) or 1,
    )
    http = _HttpServer(config)
    serving = asyncio.create_task(http.serve())
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    http.should_exit = True
    await serving
    await directory.stop()


class _HttpServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals are handled once for the whole process."""
        yield


def main() -> None:
    """Entry point."""
    run("gateway", serve_gateway, Settings)


if __name__ == "__main__":
    main()
