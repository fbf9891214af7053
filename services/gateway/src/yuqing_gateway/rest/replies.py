"""JSON Schemas of what the routes answer, made from the contracts: what is always there, and of which type."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from yuqing_protos.contract import comments

_WELL_KNOWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$", "examples": ["300s"]},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
}
_TYPES: Final[Mapping[int, Mapping[str, Any]]] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_INT64: {"type": "string", "pattern": "^-?[0-9]+$"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "pattern": "^[0-9]+$"},
    FieldDescriptor.TYPE_INT32: {"type": "integer"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "minimum": 0},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number"},
}


def reference(descriptor: Descriptor) -> dict[str, Any]:
    """A reference to the schema of a message."""
    return {"$ref": f"#/components/schemas/{descriptor.name}"}


def schemas(replies: Iterable[Descriptor]) -> dict[str, Any]:
    """The schemas of messages and of all that they hold, by name."""
    found: dict[str, Descriptor] = {}
    waiting = list(replies)
    while waiting:
        descriptor = waiting.pop()
        known = found.setdefault(descriptor.name, descriptor)
        if known is not descriptor:
            raise ValueError(f"{descriptor.full_name} and {known.full_name} would have one name outside")
        waiting += [part for part in map(_part, descriptor.fields) if part is not None and found.get(part.name) is not part]
    return {name: _schema(descriptor) for name, descriptor in sorted(found.items())}


def _part(field: FieldDescriptor) -> Descriptor | None:
    message = field.message_type
    if message is None or message.full_name in _WELL_KNOWN:
        return None
    return _part(message.fields_by_name["value"]) if message.GetOptions().map_entry else message


@cache
def _schema(descriptor: Descriptor) -> dict[str, Any]:
    always = [field.json_name for field in descriptor.fields if not field.has_presence]
    return {
        "type": "object",
        "title": descriptor.name,
        **_described(descriptor.full_name),
        "properties": {field.json_name: _field(field) | _described(field.full_name) for field in descriptor.fields},
        **({"required": always} if always else {}),
    }


def _described(full_name: str) -> dict[str, str]:
    comment = comments().get(full_name)
    return {"description": comment} if comment else {}


def _field(field: FieldDescriptor) -> dict[str, Any]:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": _one(message.fields_by_name["value"])}
    return {"type": "array", "items": _one(field)} if field.is_repeated else _one(field)


def _one(field: FieldDescriptor) -> dict[str, Any]:
    if field.message_type is not None:
        return dict(_WELL_KNOWN.get(field.message_type.full_name) or reference(field.message_type))
    return _enum(field.enum_type) if field.enum_type is not None else dict(_TYPES[field.type])


def _enum(descriptor: EnumDescriptor) -> dict[str, Any]:
    return {"type": "string", "enum": [value.name for value in descriptor.values]}
