"""Runs a service: gRPC server with health and reflection, background loops, drain on signals."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import grpc.aio
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from yuqing_protos.contract import methods
from yuqing_runtime.interceptors import server_interceptors
from yuqing_runtime.keys import Identity
from yuqing_runtime.logs import set_up_logs
from yuqing_runtime.settings import ServiceSettings
from yuqing_runtime.telemetry import Outcomes, start_telemetry
from yuqing_runtime.tokens import TokenVerifier

_log = structlog.get_logger(__name__)
_LOOPS = Outcomes("loop", "How background loops end")
_MESSAGE_BYTES = 64 * 1024 * 1024
_LONGEST_BACKOFF_SECONDS = 30.0
_GARBAGE_THRESHOLD = 200_000
"""New objects before the collector looks for cycles: with Python's 700 it looks several times while one batch is in the air."""

Loop = Callable[[], Awaitable[None]]


class _Register(Protocol):
    def __call__(self, servicer: Any, server: grpc.aio.Server, /) -> None: ...


@dataclass(frozen=True)
class Registration:
    """A servicer, and the generated function that adds it to a server."""

    add: _Register
    servicer: Any


@dataclass(frozen=True)
class Server:
    """What a process serves. `hosts` are the contracts it answers for; its own name where empty."""

    service: str
    address: str
    identity: Identity
    servicers: Sequence[Registration]
    loops: Sequence[Loop] = ()
    hosts: frozenset[str] = field(default_factory=frozenset[str])
    drain_seconds: float = 5.0


class AddressTaken(OSError):
    """The address to listen on is in use."""


@dataclass
class RunningServer:
    """A started server: `address` has the true port."""

    address: str
    grpc_server: grpc.aio.Server
    health: HealthServicer
    loops: list["asyncio.Task[None]"]
    drain_seconds: float

    async def stop(self) -> None:
        """NOT_SERVING, then the loops end, then running calls get their time, then all is closed."""
        await self.health.enter_graceful_shutdown()
        for task in self.loops:
            task.cancel()
        await asyncio.gather(*self.loops, return_exceptions=True)
        await self.grpc_server.stop(self.drain_seconds)


async def start(server: Server) -> RunningServer:
    """Starts listening and the loops; raises AddressTaken."""
    hosts = server.hosts or frozenset({server.service})
    grpc_server = grpc.aio.server(
        interceptors=server_interceptors(TokenVerifier(server.identity.public_keys), hosts),
        options=(
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
            # Two processes on one port would share its calls unnoticed.
            ("grpc.so_reuseport", 0),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ("grpc.keepalive_permit_without_calls", 1),
        ),
    )
    for registration in server.servicers:
        registration.add(registration.servicer, grpc_server)
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, grpc_server)  # pyright: ignore[reportUnknownMemberType] # its package carries no types
    names = sorted({method.descriptor.containing_service.full_name for method in methods() if method.service in hosts})
    reflection.enable_server_reflection((*names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME), grpc_server)
    host, _, port = server.address.rpartition(":")
    try:
        bound = grpc_server.add_insecure_port(server.address)
    except RuntimeError as error:
        raise AddressTaken(f"{server.service} cannot listen on {server.address}: {error}") from error
    if not bound or int(port) not in (0, bound):
        raise AddressTaken(f"{server.service} cannot listen on {server.address}")
    await grpc_server.start()
    for name in ("", *names):
        await health.set(name, health_pb2.HealthCheckResponse.SERVING)
    loops = [asyncio.create_task(keep_running(loop), name=f"{server.service}.{_name(loop)}") for loop in server.loops]
    address = f"{host}:{bound}"
    _log.info("serving", address=address, services=names)
    return RunningServer(address, grpc_server, health, loops, server.drain_seconds)


async def serve(server: Server) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    stopped = stop_signal()
    running = await start(server)
    gc.freeze()  # what is loaded by now stays: the collector need not walk it again
    await stopped.wait()
    _log.info("draining", seconds=server.drain_seconds)
    await running.stop()


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. A try/finally around `wait_for_termination` would not drain."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


async def keep_running(loop: Loop) -> None:
    """Runs a loop for ever: one that raises is logged, counted and started again, ever later."""
    backoff_seconds = 0.5
    clock = asyncio.get_running_loop()
    while True:
        started = clock.time()
        try:
            await loop()
            _LOOPS.count("ended", labels={"loop": _name(loop)})
        except Exception:  # noqa: BLE001 # a loop's failure, whatever it is, must not end the service
            _log.exception("loop failed", loop=_name(loop), retry_seconds=backoff_seconds)
            _LOOPS.count("failed", labels={"loop": _name(loop)})
        if clock.time() - started > _LONGEST_BACKOFF_SECONDS:
            backoff_seconds = 0.5
        await asyncio.sleep(backoff_seconds)
        backoff_seconds = min(backoff_seconds * 2, _LONGEST_BACKOFF_SECONDS)


def _name(loop: Loop) -> str:
    return getattr(loop, "__qualname__", type(loop).__qualname__)


SettingsType = TypeVar("SettingsType", bound=ServiceSettings)


def run(service: str, main: Callable[[SettingsType], Awaitable[None]], settings_type: type[SettingsType]) -> None:
    """The frame of every service's process: settings, logs, telemetry, event loop."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    settings = settings_type()  # pyright: ignore[reportCallIssue] # every field has a default or comes from the environment
    set_up_logs(service, form=settings.shared.log_format, level=settings.shared.log_level)
    telemetry = start_telemetry(service, metrics_port=settings.metrics_port, metrics_host=settings.shared.metrics_host)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_main(main, settings))
    finally:
        telemetry.close()


async def _main(main: Callable[[SettingsType], Awaitable[None]], settings: SettingsType) -> None:
    await main(settings)
