"""Errors as RFC 9457 problem+json, the same shape everywhere: what went wrong, which field, and why."""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, cast

import grpc
import grpc.aio
import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from opentelemetry import trace
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from yuqing_gateway.rest.allowed import AllowedMethods
from yuqing_runtime.errors import DomainError, FieldViolation
from yuqing_runtime.status import refusal

_log = structlog.get_logger(__name__)
MEDIA_TYPE: Final = "application/problem+json"
_CLIENT_CLOSED_REQUEST: Final = 499
_STATUS: Final[Mapping[grpc.StatusCode, int]] = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    grpc.StatusCode.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    grpc.StatusCode.ABORTED: HTTPStatus.CONFLICT,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.CANCELLED: _CLIENT_CLOSED_REQUEST,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}


class ProblemField(BaseModel):
    """One field that is wrong."""

    field: str = Field(description="Path of the field in the request, as JSON names it.")
    description: str


class Problem(BaseModel):
    """RFC 9457: what went wrong."""

    type: str = Field(default="about:blank", description="A URI that names the kind of problem.")
    title: str = Field(description="The HTTP status in words.")
    status: int
    detail: str = Field(description="What went wrong here, for people.")
    reason: str = Field(default="", description="A constant that programs may compare.")
    errors: list[ProblemField] = Field(default_factory=list[ProblemField], description="The fields that are wrong.")
    metadata: dict[str, str] = Field(default_factory=dict[str, str])
    trace_id: str = Field(default="", alias="traceId", serialization_alias="traceId", description="What operators find the request by.")


def problem(
    status: int, detail: str, *, reason: str = "", errors: Sequence[FieldViolation] = (), metadata: Mapping[str, str] = MappingProxyType({})
) -> Problem:
    """A problem with the trace id of the running request."""
    title = "Client Closed Request" if status == _CLIENT_CLOSED_REQUEST else HTTPStatus(status).phrase
    span = trace.get_current_span().get_span_context()
    return Problem(
        title=title,
        status=status,
        detail=detail,
        reason=reason,
        errors=[ProblemField(field=_json_path(error.field), description=error.description) for error in errors],
        metadata=dict(metadata),
        traceId=trace.format_trace_id(span.trace_id) if span.is_valid else "",
    )


def _json_path(path: str) -> str:
    parts = path.split("_")
    return parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:])


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is outside; what is not foreseen tells nothing of itself."""
    if isinstance(error, grpc.aio.AioRpcError):
        return _problem_of_call(error)
    if isinstance(error, DomainError):
        status = _STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
        return problem(status, error.message, reason=error.reason, errors=error.violations, metadata=error.metadata)
    if isinstance(error, RequestValidationError):
        return _problem_of_validation(error)
    if isinstance(error, HTTPException):
        return problem(error.status_code, str(error.detail), reason=str(getattr(error, "reason", "")))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")


def _problem_of_call(error: grpc.aio.AioRpcError) -> Problem:
    domain_error = refusal(error)
    if domain_error is not None:
        return problem_of(domain_error)
    status = _STATUS.get(error.code(), HTTPStatus.INTERNAL_SERVER_ERROR)
    unreachable = error.code() is grpc.StatusCode.UNAVAILABLE
    detail = "a service behind the gateway is away; try again" if unreachable else error.details() or "the call failed"
    return problem(status, detail, reason=error.code().name)


def _problem_of_validation(error: RequestValidationError) -> Problem:
    violations = [
        FieldViolation(".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]), str(each["msg"]))
        for each in cast("Sequence[Mapping[str, Any]]", error.errors())
    ]
    return problem(HTTPStatus.BAD_REQUEST, "the request is not as the contract says", reason="FIELD_RULE", errors=violations)


def response_of(found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an HTTP response."""
    content = orjson.dumps(found.model_dump(mode="json", by_alias=True))
    return Response(content, status_code=found.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem."""

    @cache
    def allowed_methods() -> AllowedMethods:
        return AllowedMethods(app.openapi()["paths"])

    async def answer(request: Request, error: Exception) -> Response:
        found = problem_of(error)
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        if found.status == HTTPStatus.METHOD_NOT_ALLOWED and (allowed := allowed_methods().of(request.url.path)):
            headers["Allow"] = allowed
        if found.status == HTTPStatus.UNAUTHORIZED:
            headers.setdefault("WWW-Authenticate", "Bearer")
        if isinstance(error, DomainError) and "retry_after_seconds" in error.metadata:
            headers["Retry-After"] = error.metadata["retry_after_seconds"]
        return response_of(found, headers)

    async def unforeseen(request: Request, error: Exception) -> Response:
        _log.error("request failed", path=request.url.path, exc_info=error)
        return response_of(problem_of(error))

    for kind in (DomainError, grpc.aio.AioRpcError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Exception, unforeseen)
