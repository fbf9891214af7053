"""Reads the contracts' RPCs with their rules, routes and comments, for servers, the gateway and the tests."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast

from google.api import annotations_pb2, field_behavior_pb2, http_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor

from yuqing.access.v1 import access_pb2

if TYPE_CHECKING:
    from google.protobuf.internal.containers import RepeatedScalarFieldContainer
    from google.protobuf.internal.extension_dict import _ExtensionFieldDescriptor  # pyright: ignore[reportPrivateUsage] # it has no public name

# The numbers of the fields that lead from a file to a part of it (descriptor.proto): messages 4, enums 5, services 6, extensions 7.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC. `path` is what stands on the wire: `/yuqing.crawler.v1.SourceService/GetSource`."""

    path: str
    service: str
    descriptor: MethodDescriptor
    rule: access_pb2.Rule
    http: http_pb2.HttpRule | None
    comment: str

    @property
    def name(self) -> str:
        """The RPC's own name, `GetSource`."""
        return self.descriptor.name

    @property
    def input(self) -> Descriptor:
        return self.descriptor.input_type

    @property
    def output(self) -> Descriptor:
        return self.descriptor.output_type

    @property
    def internal(self) -> bool:
        """Whether only services may call it."""
        return self.rule.WhichOneof("audience") == "internal"

    @property
    def reads(self) -> bool:
        return self.rule.effect == access_pb2.EFFECT_READ

    @property
    def scope(self) -> str:
        """The scope that an API token needs: `crawler.read`."""
        return f"{self.service}.{'read' if self.reads else 'write'}"


@cache
def _descriptor_set() -> descriptor_pb2.FileDescriptorSet:
    return descriptor_pb2.FileDescriptorSet.FromString(resources.files("yuqing_protos").joinpath("descriptors.binpb").read_bytes())


@cache
def files() -> tuple[FileDescriptor, ...]:
    """The files of the contracts, with their generated code loaded."""
    names = (file.name.removesuffix(".proto").replace("/", ".") for file in _descriptor_set().file if file.name.startswith("yuqing/"))
    return tuple(importlib.import_module(f"{name}_pb2").DESCRIPTOR for name in names)


@cache
def comments() -> dict[str, str]:
    """The comment of each message, field, enum, value, service and RPC by its full name, as it stands in the contract."""
    return dict(_all_comments(_descriptor_set()))


def _all_comments(every: descriptor_pb2.FileDescriptorSet) -> Iterator[tuple[str, str]]:
    for file in every.file:
        names = _names_by_path(file)
        for location in file.source_code_info.location:
            text = (location.leading_comments or location.trailing_comments).strip()
            name = names.get(tuple(location.path))
            if text and name:
                yield name, " ".join(line.strip() for line in text.splitlines())


def _names_by_path(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    names: dict[tuple[int, ...], str] = {}

    def enum(value: descriptor_pb2.EnumDescriptorProto, path: tuple[int, ...], prefix: str) -> None:
        names[path] = f"{prefix}.{value.name}"
        for index, item in enumerate(value.value):
            names[(*path, 2, index)] = f"{prefix}.{value.name}.{item.name}"

    def message(value: descriptor_pb2.DescriptorProto, path: tuple[int, ...], prefix: str) -> None:
        full = f"{prefix}.{value.name}"
        names[path] = full
        for index, item in enumerate(value.field):
            names[(*path, 2, index)] = f"{full}.{item.name}"
        for index, item in enumerate(value.oneof_decl):
            names[(*path, 8, index)] = f"{full}.{item.name}"
        for index, nested in enumerate(value.nested_type):
            message(nested, (*path, 3, index), full)
        for index, nested_enum in enumerate(value.enum_type):
            enum(nested_enum, (*path, 4, index), full)

    for index, item in enumerate(file.message_type):
        message(item, (_MESSAGES, index), file.package)
    for index, item in enumerate(file.enum_type):
        enum(item, (_ENUMS, index), file.package)
    for index, item in enumerate(file.service):
        names[(_SERVICES, index)] = f"{file.package}.{item.name}"
        for place, method in enumerate(item.method):
            names[(_SERVICES, index, 2, place)] = f"{file.package}.{item.name}.{method.name}"
    return names


@cache
def methods() -> tuple[Method, ...]:
    """Every RPC of the contracts."""
    return tuple(_method(method) for file in files() for service in file.services_by_name.values() for method in service.methods)


@cache
def methods_by_path() -> dict[str, Method]:
    """Every RPC by its path on the wire."""
    return {method.path: method for method in methods()}


def _method(descriptor: MethodDescriptor) -> Method:
    service = descriptor.containing_service
    return Method(
        path=f"/{service.full_name}/{descriptor.name}",
        service=service.full_name.split(".")[1],
        descriptor=descriptor,
        rule=descriptor.GetOptions().Extensions[access_pb2.rule],
        http=_http_rule(descriptor),
        comment=comments().get(descriptor.full_name, ""),
    )


def _http_rule(descriptor: MethodDescriptor) -> http_pb2.HttpRule | None:
    # google.api's own types call the extension a plain field descriptor.
    extension = cast("_ExtensionFieldDescriptor[descriptor_pb2.MethodOptions, http_pb2.HttpRule]", annotations_pb2.http)
    options = descriptor.GetOptions()
    return options.Extensions[extension] if options.HasExtension(extension) else None


def field_rule(field: FieldDescriptor) -> access_pb2.FieldRule | None:
    """The rule that a field carries, or None."""
    options = field.GetOptions()
    return options.Extensions[access_pb2.field] if options.HasExtension(access_pb2.field) else None


def message_rule(message: Descriptor) -> access_pb2.MessageRule:
    """The rule that a message carries over several of its fields; an empty one where it has none."""
    return message.GetOptions().Extensions[access_pb2.message]


def set_by_system(field: FieldDescriptor) -> bool:
    """Whether the field is read only: what a caller gives in it has no effect (AIP-203)."""
    extension = cast(
        "_ExtensionFieldDescriptor[descriptor_pb2.FieldOptions, RepeatedScalarFieldContainer[field_behavior_pb2.FieldBehavior.ValueType]]",
        field_behavior_pb2.field_behavior,
    )
    behaviors = field.GetOptions().Extensions[extension]
    return field_behavior_pb2.OUTPUT_ONLY in behaviors or field_behavior_pb2.IDENTIFIER in behaviors
