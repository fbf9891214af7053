"""Asks a started process whether it is ready to work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc.aio
import httpx
from grpc_health.v1 import health_pb2

Probe = Callable[[], Awaitable[bool]]

PROBE_SECONDS = 2.0
# After each failed call a channel waits before it connects again; while a service starts, that wait would be all we measure.
QUICK_RECONNECT = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200), ("grpc.use_local_subchannel_pool", 1))


@dataclass(frozen=True)
class GrpcHealth:
    """The standard health service, for the whole server (service name "")."""

    address: str

    async def __call__(self) -> bool:
        async with grpc.aio.insecure_channel(self.address, options=QUICK_RECONNECT) as channel:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            try:
                reply = await check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)
            except grpc.aio.AioRpcError:
                return False
            return reply.status == health_pb2.HealthCheckResponse.SERVING


@dataclass(frozen=True)
class HttpHealth:
    """An address that answers 2xx when the server is well."""

    url: str

    async def __call__(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=PROBE_SECONDS) as client:
                return (await client.get(self.url)).is_success
        except httpx.HTTPError:
            return False
