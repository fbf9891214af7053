"""Every route of the contracts, built from the descriptors: no route is written twice."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any, Final, cast

import orjson
from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse, Response
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from pydantic import BaseModel
from starlette.convertors import Convertor, register_url_convertor

from yuqing.access.v1 import access_pb2
from yuqing_gateway.rest.calls import ChannelTo, call, request_of, stream
from yuqing_gateway.rest.http_rules import HttpRoute, route_of
from yuqing_gateway.rest.json_form import json_of
from yuqing_gateway.rest.models import model_of, model_without, patch_model_of, query_model_of
from yuqing_gateway.rest.problems import MEDIA_TYPE, Problem
from yuqing_gateway.rest.replies import reference, schemas
from yuqing_gateway.rest.streams import EVENT_STREAM, JSON_LINES, download_response, event_response
from yuqing_protos.contract import Method, comments, methods
from yuqing_runtime.access import Caller, authorize_person, set_caller

Authenticate = Callable[[Request], Awaitable[Caller]]
"""Finds out who asks; raises Unauthenticated."""

SEGMENT: Final = "segment"


class _Segment(Convertor[str]):
    """One part of a path without a custom verb, so that `sources/x:run` is no source's name."""

    regex = "[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor(SEGMENT, _Segment())
# Resources that every installation of the demonstration has.
_KNOWN: Final[Mapping[str, list[str]]] = {"people/": ["zhang-min"], "departments/": ["publicity"]}
_ALWAYS: Final = (400, 401, 403, 404, 409, 429, 503)


def public_routes() -> list[HttpRoute]:
    """The routes of all RPCs that have one."""
    return sorted((route_of(method) for method in methods() if not method.internal), key=lambda route: (route.path, route.verb))


def build_router(authenticate: Authenticate, channel_to: ChannelTo) -> APIRouter:
    """The router with every route of the contracts."""
    router = APIRouter()
    for route in public_routes():
        _add(router, route, authenticate, channel_to)
    return router


def _add(router: APIRouter, route: HttpRoute, authenticate: Authenticate, channel_to: ChannelTo) -> None:
    method = route.method
    router.add_api_route(
        route.path.replace("}", f":{SEGMENT}}}"),
        _endpoint(route, authenticate, channel_to),
        methods=[route.verb],
        operation_id=operation_id(method),
        summary=_words(method.name),
        description=_description(method),
        tags=[_tag(method)],
        responses=_responses(route),
        response_class=JSONResponse,
    )


def operation_id(method: Method) -> str:
    """What the document calls an RPC."""
    return f"{method.descriptor.containing_service.name}_{method.name}"


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _tag(method: Method) -> str:
    return method.descriptor.containing_service.name.removesuffix("Service")


def tags() -> list[dict[str, str]]:
    """The tags of the OpenAPI page with the services' comments."""
    services = {_tag(route.method): route.method.descriptor.containing_service for route in public_routes()}
    return [{"name": name, "description": comments().get(service.full_name, "")} for name, service in services.items()]


def reply_schemas() -> dict[str, Any]:
    """The schemas of the OpenAPI page that the routes' answers name."""
    return schemas(route.reply for route in public_routes() if not route.downloads)


def _description(method: Method) -> str:
    roles = ", ".join(access_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in method.rule.people.any_of)
    return f"{method.comment}\n\nRoles: {roles}. Scope of API tokens: `{method.scope}`."


def _responses(route: HttpRoute) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {status: {"model": Problem, "content": {MEDIA_TYPE: {}}} for status in _ALWAYS}
    if route.downloads:
        found[200] = {"description": "The file", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    elif route.method.descriptor.server_streaming:
        found[200] = {"description": "A stream of replies", "content": {EVENT_STREAM: {}, JSON_LINES: {}}}
    else:
        description = comments().get(route.reply.full_name) or "The reply"
        found[200] = {"description": description, "content": {"application/json": {"schema": reference(route.reply)}}}
    return found


def _endpoint(route: HttpRoute, authenticate: Authenticate, channel_to: ChannelTo) -> Callable[..., Awaitable[Response]]:
    async def allowed(request: Request) -> None:
        caller = await authenticate(request)
        authorize_person(route.method, caller.require_person())
        request.state.caller = caller

    async def endpoint(request: Request, query: BaseModel | None = None, body: BaseModel | None = None, **path_parameters: Any) -> Response:
        set_caller(cast("Caller", request.state.caller))
        message = request_of(route, cast("Mapping[str, str]", path_parameters), query, body)
        if route.method.descriptor.server_streaming:
            return await _streamed(route, request, channel_to, message)
        reply = await call(channel_to, route.method, message)
        return Response(orjson.dumps(json_of(_body_of(route, reply))), media_type="application/json")

    cast("Any", endpoint).__signature__ = inspect.Signature(_parameters(route, allowed))
    endpoint.__name__ = route.method.name
    return endpoint


async def _streamed(route: HttpRoute, request: Request, channel_to: ChannelTo, message: Message) -> Response:
    last_event = request.headers.get("last-event-id", "")
    if "after_sequence" in message.DESCRIPTOR.fields_by_name and last_event.isascii() and last_event.isdigit():
        setattr(message, "after_sequence", int(last_event))  # noqa: B010 # the field's name is data here
    replies = stream(channel_to, route.method, message)
    return await (download_response(replies, route.response_body) if route.downloads else event_response(request, replies))


def _body_of(route: HttpRoute, reply: Message) -> Message:
    return cast("Message", getattr(reply, route.response_body)) if route.response_body else reply


def _parameters(route: HttpRoute, allowed: Callable[[Request], Awaitable[None]]) -> list[inspect.Parameter]:
    keyword = inspect.Parameter.KEYWORD_ONLY
    found = [
        inspect.Parameter("request", keyword, annotation=Request),
        inspect.Parameter("_allowed", keyword, annotation=Annotated[None, Depends(allowed)]),
    ]
    if route.variable:
        examples = _KNOWN.get(route.variable.prefix)
        path = Annotated[str, Path(pattern=route.variable.pattern, examples=examples)]
        found.append(inspect.Parameter(route.variable.parameter, keyword, annotation=path))
    if route.query_fields:
        model = query_model_of(f"{route.method.name}Query", route.query_fields, route.body_descriptor)
        found.append(inspect.Parameter("query", keyword, annotation=Annotated[cast("Any", model), Query()]))
    if route.body_descriptor is not None:
        body = Annotated[cast("Any", _body_model(route, route.body_descriptor)), Body(openapi_examples=_example(route))]
        found.append(inspect.Parameter("body", keyword, annotation=body))
    return found


@cache
def _examples() -> dict[str, Any]:
    return orjson.loads(resources.files("yuqing_gateway.rest").joinpath("examples.json").read_bytes())


def _example(route: HttpRoute) -> dict[str, Example]:
    value = _examples().get(operation_id(route.method))
    return {} if value is None else {"example": Example(value=value)}


def _body_model(route: HttpRoute, descriptor: Descriptor) -> type[BaseModel]:
    if route.verb == "PATCH":
        return patch_model_of(descriptor)
    if route.body == "*" and route.variable:
        return model_without(descriptor, route.variable.field)
    return model_of(descriptor)
