"""Checks the tokens and the access rule of every RPC before it runs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from yuqing_protos.contract import methods_by_path
from yuqing_runtime.access import authenticate, authorize, set_caller
from yuqing_runtime.errors import PermissionDenied
from yuqing_runtime.interceptors.around import Around, Context, metadata_of
from yuqing_runtime.tokens import TokenVerifier

# What probes and debuggers call; they tell nothing of the organisation.
_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/", "/grpc.reflection.v1.ServerReflection/")


class AccessInterceptor(Around):
    """Lets a call through when its service may call this RPC and its person may do it."""

    def __init__(self, verifier: TokenVerifier, services: frozenset[str]) -> None:
        self._verifier = verifier
        self._services = services

    @asynccontextmanager
    async def around(self, path: str, context: Context) -> AsyncGenerator[None]:
        if not path.startswith(_OPEN):
            self._admit(path, context)
        yield

    def _admit(self, path: str, context: Context) -> None:
        method = methods_by_path().get(path)
        if method is None or method.service not in self._services:
            raise PermissionDenied(f"{path} is in no contract that is answered here", reason="RULE_MISSING")
        caller = authenticate(self._verifier, method, metadata_of(context))
        authorize(method, caller)
        set_caller(caller)
