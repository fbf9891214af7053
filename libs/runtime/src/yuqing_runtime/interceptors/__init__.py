"""What happens around every RPC that a server answers, in this order: telemetry, errors, deadline, access, field rules."""

from collections.abc import Sequence

import grpc.aio

from yuqing_runtime.interceptors.access import AccessInterceptor
from yuqing_runtime.interceptors.deadline import DeadlineInterceptor
from yuqing_runtime.interceptors.errors import ErrorInterceptor
from yuqing_runtime.interceptors.fields import FieldRuleInterceptor
from yuqing_runtime.interceptors.telemetry import TelemetryInterceptor
from yuqing_runtime.tokens import TokenVerifier

__all__ = ["server_interceptors"]


def server_interceptors(verifier: TokenVerifier, services: frozenset[str]) -> Sequence[grpc.aio.ServerInterceptor]:
    """The interceptors of a server that hosts the contracts of `services`."""
    return (
        TelemetryInterceptor(),
        ErrorInterceptor(),
        DeadlineInterceptor(),
        AccessInterceptor(verifier, services),
        FieldRuleInterceptor(),
    )
