"""A span and a duration for every call that is answered."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import grpc
from opentelemetry.trace import SpanKind, Status, StatusCode

from yuqing_runtime.interceptors.around import Around, Context, metadata_of
from yuqing_runtime.telemetry import context_of, seconds_histogram, tracer

_TRACER = tracer("yuqing_runtime.server")
_SECONDS = seconds_histogram("rpc.server.duration", "Time to answer an RPC, by method and status code")


class TelemetryInterceptor(Around):
    """Continues the caller's trace; a failed call marks its span."""

    @asynccontextmanager
    async def around(self, path: str, context: Context) -> AsyncGenerator[None]:
        started = time.perf_counter()
        parent = context_of(metadata_of(context))
        service, _, method = path.strip("/").partition("/")
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
        with _TRACER.start_as_current_span(f"{service}/{method}", context=parent, kind=SpanKind.SERVER, attributes=attributes) as span:
            try:
                yield
            finally:
                code = _code(context)
                span.set_attribute("rpc.grpc.status_code", code.value[0])
                if code in {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE}:
                    span.set_status(Status(StatusCode.ERROR))
                _SECONDS.record(time.perf_counter() - started, {**attributes, "code": code.name})


def _code(context: Context) -> grpc.StatusCode:
    # grpc.aio keeps the number of the code, and None where the call went well.
    code = cast("int | None", context.code())
    return next((each for each in grpc.StatusCode if each.value[0] == code), grpc.StatusCode.OK)
