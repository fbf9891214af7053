"""Calls any RPC of the contracts by its descriptor: JSON's model in, message out."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, cast

import grpc.aio
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from pydantic import BaseModel

from yuqing_gateway.rest.http_rules import HttpRoute
from yuqing_gateway.rest.models import changeable
from yuqing_protos.contract import Method, field_rule
from yuqing_runtime.errors import InvalidArgument

CALL_SECONDS: Final = 60.0
ChannelTo = Callable[[str], grpc.aio.Channel]


def message_class(descriptor: Descriptor) -> type[Message]:
    """The generated class of a message."""
    return message_factory.GetMessageClass(descriptor)


def request_of(route: HttpRoute, path_parameters: Mapping[str, str], query: BaseModel | None, body: BaseModel | None) -> Message:
    """The request message, filled from path, query and body."""
    fields: dict[str, Any] = {}
    if query is not None:
        fields = query.model_dump(mode="json", exclude_unset=True)
    if body is not None:
        filled = body.model_dump(mode="json", exclude_unset=True)
        fields |= filled if route.body == "*" else {route.body: filled}
        if route.verb == "PATCH" and route.body_descriptor is not None:
            fields["updateMask"] = _mask(fields.get("updateMask", ""), filled, route.body_descriptor)
    if route.variable:
        _put(fields, route.variable.field.split("."), route.variable.prefix + path_parameters[route.variable.parameter])
    try:
        return json_format.ParseDict(fields, message_class(route.request)())
    except json_format.ParseError as error:
        raise InvalidArgument(f"the request is not as the contract says: {error}", reason="FIELD_RULE") from error


def _mask(asked: str, given: Mapping[str, Any], resource: Descriptor) -> str:
    """The mask of an update: what is asked for, or all that is given. JSON says that a field is given where proto3 cannot: `false`, `""`."""
    fields = changeable(resource)
    names = asked.split(",") if asked else [name for name in given if name in fields]
    return ",".join(name for name in names if name in given or not _is_required(fields[name]))


def _is_required(field: FieldDescriptor) -> bool:
    rule = field_rule(field)
    return rule is not None and (rule.required or rule.min_items > 0)


def _put(fields: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        fields = fields.setdefault(part, {})
    fields[path[-1]] = value


async def call(channel_to: ChannelTo, method: Method, request: Message) -> Message:
    """The reply of an RPC with a single one."""
    reply = message_class(method.output)
    invoke = channel_to(method.service).unary_unary(method.path, request_serializer=_serialize, response_deserializer=reply.FromString)
    return await invoke(request, timeout=CALL_SECONDS)


def stream(channel_to: ChannelTo, method: Method, request: Message) -> AsyncIterator[Message]:
    """The replies of a server stream; ends when the caller stops reading."""
    reply = message_class(method.output)
    invoke = channel_to(method.service).unary_stream(method.path, request_serializer=_serialize, response_deserializer=reply.FromString)
    return cast("AsyncIterator[Message]", invoke(request))


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()
