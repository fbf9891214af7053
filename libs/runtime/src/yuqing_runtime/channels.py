"""One channel a peer for the whole process: tokens, deadline, trace context and retries go with every call."""

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, cast

import grpc
import grpc.aio
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from yuqing_protos.calls import may_call
from yuqing_protos.contract import methods
from yuqing_runtime.access import PERSON_TOKEN_KEY, SERVICE_TOKEN_KEY, caller_or_none
from yuqing_runtime.interceptors.deadline import remaining_seconds
from yuqing_runtime.keys import Identity
from yuqing_runtime.tokens import ServiceTokens

_PROPAGATOR: Final = TraceContextTextMapPropagator()
# Reads may be repeated, and only when the peer was not reached. The budget keeps a peer that is down from being asked ever more.
_RETRY: Final = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "2s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_BUDGET: Final = {"maxTokens": 20, "tokenRatio": 0.2}
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
Details: TypeAlias = grpc.aio.ClientCallDetails
DEFAULT_SECONDS: Final = 30.0


class NotInCallGraph(Exception):
    """A channel to a service that the call graph does not let this one call."""


def service_config(service: str) -> str:
    """The gRPC service config of a channel to `service`: retries for its reads with single request and reply."""
    names = [
        {"service": method.descriptor.containing_service.full_name, "method": method.name}
        for method in methods()
        if method.service == service and method.reads and not (method.descriptor.client_streaming or method.descriptor.server_streaming)
    ]
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": _RETRY}] if names else [], "retryThrottling": _BUDGET})


class Channels:
    """The channels of a process; closed together."""

    def __init__(self, identity: Identity, address_of: Callable[[str], str]) -> None:
        self._identity = identity
        self._address_of = address_of
        self._tokens = ServiceTokens(identity)
        self._open: dict[str, grpc.aio.Channel] = {}

    def to(self, service: str) -> grpc.aio.Channel:
        """The channel to a service; raises NotInCallGraph where calls to it are not allowed."""
        if not may_call(self._identity.service, service):
            raise NotInCallGraph(f"{self._identity.service} may not call {service}")
        if service not in self._open:
            options = (*_OPTIONS, ("grpc.service_config", service_config(service)))
            outfit = _Outfit(service, self._tokens)
            interceptors = [_UnaryUnary(outfit), _UnaryStream(outfit), _StreamUnary(outfit), _StreamStream(outfit)]
            self._open[service] = grpc.aio.insecure_channel(self._address_of(service), options=options, interceptors=interceptors)
        return self._open[service]

    async def close(self) -> None:
        for channel in self._open.values():
            await channel.close()
        self._open.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


class _Outfit:
    """What a call takes along."""

    def __init__(self, service: str, tokens: ServiceTokens) -> None:
        self._service = service
        self._tokens = tokens

    def dress(self, details: Details, *, stream: bool) -> Details:
        # grpcio's types call the method text; it is bytes.
        path = cast("bytes", details.method).decode()
        carrier: dict[str, str] = {SERVICE_TOKEN_KEY: f"Bearer {self._tokens.issue(self._service, path)}"}
        caller = caller_or_none()
        if caller is not None and caller.person_token:
            carrier[PERSON_TOKEN_KEY] = caller.person_token
        _PROPAGATOR.inject(carrier)
        metadata = grpc.aio.Metadata(*(details.metadata or ()), *carrier.items())
        return grpc.aio.ClientCallDetails(
            method=details.method,
            timeout=_timeout(details.timeout, stream=stream),
            metadata=metadata,
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
        )


def _timeout(asked: float | None, *, stream: bool) -> float | None:
    remaining = remaining_seconds()
    if asked is None and not stream:
        asked = DEFAULT_SECONDS
    times = [seconds for seconds in (asked, remaining) if seconds is not None]
    return min(times) if times else None


# grpc.aio sorts interceptors by class into one of four lists, so each shape needs a class of its own.
class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, outfit: _Outfit) -> None:
        self._outfit = outfit

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Details, request: Any) -> Any:
        return await continuation(self._outfit.dress(client_call_details, stream=False), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, outfit: _Outfit) -> None:
        self._outfit = outfit

    async def intercept_unary_stream(self, continuation: Any, client_call_details: Details, request: Any) -> Any:
        return await continuation(self._outfit.dress(client_call_details, stream=True), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, outfit: _Outfit) -> None:
        self._outfit = outfit

    async def intercept_stream_unary(self, continuation: Any, client_call_details: Details, request_iterator: Any) -> Any:
        return await continuation(self._outfit.dress(client_call_details, stream=True), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, outfit: _Outfit) -> None:
        self._outfit = outfit

    async def intercept_stream_stream(self, continuation: Any, client_call_details: Details, request_iterator: Any) -> Any:
        return await continuation(self._outfit.dress(client_call_details, stream=True), request_iterator)
