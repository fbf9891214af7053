"""Turns what a use case raises into a rich status; all that is not foreseen becomes INTERNAL with a trace id and nothing else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import structlog
from opentelemetry import trace

from yuqing_runtime.errors import DomainError
from yuqing_runtime.interceptors.around import Around, Context
from yuqing_runtime.status import STATUS_KEY, refusal, status_of

_log = structlog.get_logger(__name__)
# What a peer's refusal means to our caller: the rest is our own failure.
_PASSED_ON = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}


class ErrorInterceptor(Around):
    """The one place where exceptions become statuses. grpc.aio by itself would send the exception's text to the peer."""

    @asynccontextmanager
    async def around(self, path: str, context: Context) -> AsyncGenerator[None]:
        try:
            yield
        except grpc.aio.AbortError:
            raise
        except DomainError as error:
            status = status_of(error)
            await context.abort(error.code, error.message, trailing_metadata=((STATUS_KEY, status.SerializeToString()),))
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline has passed")
        except grpc.aio.AioRpcError as error:
            await self._peer_failed(path, context, error)
        except Exception:  # noqa: BLE001 # the border of the process: whatever it is, the peer learns a trace id and no more
            await self._unforeseen(path, context)

    async def _peer_failed(self, path: str, context: Context, error: grpc.aio.AioRpcError) -> None:
        passed = refusal(error)
        if passed is not None:
            status = status_of(passed)
            await context.abort(passed.code, passed.message, trailing_metadata=((STATUS_KEY, status.SerializeToString()),))
        if error.code() in _PASSED_ON:
            await context.abort(error.code(), f"a service behind this one: {error.details()}")
        if error.code() is grpc.StatusCode.CANCELLED:
            await context.abort(error.code(), "cancelled")
        await self._unforeseen(path, context)

    @staticmethod
    async def _unforeseen(path: str, context: Context) -> None:
        trace_id = trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)
        _log.exception("call failed", method=path)
        await context.abort(grpc.StatusCode.INTERNAL, f"internal error, trace {trace_id}")
