"""One way to wrap all four shapes of RPC: an async context manager around the handler, and a look at each unary request."""

import functools
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, cast

import grpc
import grpc.aio
from google.protobuf.message import Message

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Unary = Callable[[Any, Context], Awaitable[Any]]
_Stream = Callable[[Any, Context], AsyncIterator[Any]]


class Around(grpc.aio.ServerInterceptor):
    """Base of the interceptors: subclasses say what is around a call, and may look at the request of calls that have a single one."""

    @abstractmethod
    def around(self, path: str, context: Context) -> AbstractAsyncContextManager[None]:
        """Entered before the handler runs, left when it ended or raised."""

    def request(self, message: Message) -> None:
        """Sees the request of a call with a single one; raising refuses the call."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        handler = await continuation(handler_call_details)
        return None if handler is None else _wrapped(handler, handler_call_details.method, self)


def _wrapped(handler: "grpc.RpcMethodHandler[Any, Any]", path: str, interceptor: Around) -> "grpc.RpcMethodHandler[Any, Any]":
    codec = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
    single = not handler.request_streaming
    if handler.response_streaming:
        make = grpc.unary_stream_rpc_method_handler if single else grpc.stream_stream_rpc_method_handler
        inner = cast("_Stream", handler.unary_stream if single else handler.stream_stream)
        return make(cast("Any", _stream(inner, path, interceptor, single=single)), **codec)
    make_unary = grpc.unary_unary_rpc_method_handler if single else grpc.stream_unary_rpc_method_handler
    inner_unary = cast("_Unary", handler.unary_unary if single else handler.stream_unary)
    return make_unary(cast("Any", _unary(inner_unary, path, interceptor, single=single)), **codec)


def _unary(inner: _Unary, path: str, interceptor: Around, *, single: bool) -> _Unary:
    @functools.wraps(inner)
    async def run(request: Any, context: Context) -> Any:
        async with interceptor.around(path, context):
            if single:
                interceptor.request(request)
            return await inner(request, context)

    return run


def _stream(inner: _Stream, path: str, interceptor: Around, *, single: bool) -> _Stream:
    async def run(request: Any, context: Context) -> AsyncIterator[Any]:
        async with interceptor.around(path, context):
            if single:
                interceptor.request(request)
            async for reply in inner(request, context):
                yield reply

    return run


def metadata_of(context: Context) -> dict[str, str]:
    """The call's metadata with text values, the last of each key."""
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
