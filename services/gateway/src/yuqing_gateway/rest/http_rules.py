"""Reads google.api.http rules: which path and verb an RPC has outside, and where the fields of its request come from."""

import re
from dataclasses import dataclass
from functools import cached_property

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from yuqing_protos.contract import Method, field_rule

_VARIABLE = re.compile(r"\{(?P<field>[a-z_.]+)=(?P<template>[^}]+)\}")


@dataclass(frozen=True)
class PathVariable:
    """The part of a path that is a resource name: `field` is `person.name`, `prefix` `people/`, `parameter` what the path calls its last part."""

    field: str
    prefix: str
    parameter: str
    pattern: str


@dataclass(frozen=True)
class HttpRoute:
    """The route of an RPC. `body` is the field that the body fills, `*` for the whole request, empty for none."""

    method: Method
    verb: str
    path: str
    variable: PathVariable | None
    body: str
    response_body: str

    @property
    def request(self) -> Descriptor:
        return self.method.input

    @cached_property
    def body_descriptor(self) -> Descriptor | None:
        """The message that the body is, or None."""
        if not self.body:
            return None
        if self.body == "*":
            return self.request
        return self.request.fields_by_name[self.body].message_type

    @cached_property
    def query_fields(self) -> tuple[FieldDescriptor, ...]:
        """Fields of the request that neither path nor body fill."""
        if self.body == "*":
            return ()
        taken = {self.body, self.variable.field.partition(".")[0] if self.variable else ""}
        return tuple(field for field in self.request.fields if field.name not in taken)

    @cached_property
    def reply(self) -> Descriptor:
        """The message that the reply's body is."""
        field = self.method.output.fields_by_name.get(self.response_body)
        return field.message_type if field is not None and field.message_type is not None else self.method.output

    @property
    def downloads(self) -> bool:
        """Whether the reply is a file, in pieces."""
        return self.reply.full_name == "google.api.HttpBody"


def route_of(method: Method) -> HttpRoute:
    """The route of an RPC that has one; raises ValueError where its rule is not understood."""
    rule = method.http
    verb = rule.WhichOneof("pattern") if rule else None
    if rule is None or verb not in {"get", "post", "put", "patch", "delete"}:
        raise ValueError(f"{method.path}: no usable google.api.http rule")
    template: str = getattr(rule, verb)
    found = _VARIABLE.search(template)
    variable = _variable(method, found) if found else None
    path = _VARIABLE.sub(lambda match: f"{match['template'].removesuffix('*')}{{{variable.parameter if variable else ''}}}", template)
    if path.count("{") > 1 or "*" in path:
        raise ValueError(f"{method.path}: {template} has more than one variable part")
    return HttpRoute(method, verb.upper(), path, variable, rule.body, rule.response_body)


def _variable(method: Method, match: re.Match[str]) -> PathVariable:
    prefix = match["template"].removesuffix("*")
    collection = prefix.strip("/").rpartition("/")[2]
    field = _field(method.input, match["field"])
    rule = field_rule(field)
    pattern = rule.pattern if rule and rule.pattern else f"{prefix}[^/]+"
    inner = pattern.strip("()").removesuffix(")?") if pattern.startswith("(") else pattern
    if not inner.startswith(prefix):
        raise ValueError(f"{field.full_name}: its pattern {pattern} does not begin with {prefix}")
    return PathVariable(match["field"], prefix, _singular(collection), f"^{inner.removeprefix(prefix)}$")


def _field(descriptor: Descriptor, path: str) -> FieldDescriptor:
    first, _, rest = path.partition(".")
    field = descriptor.fields_by_name[first]
    return _field(field.message_type, rest) if rest and field.message_type is not None else field


def _singular(collection: str) -> str:
    special = {"people": "person", "savedSearches": "savedSearch", "stories": "story"}
    return special.get(collection, collection.removesuffix("s"))
