"""Messages as JSON's dicts, by a plan made once for each kind of message: protobuf's own way looks every field up anew, and took half of a search.

The form is that of `json_format.MessageToDict(..., always_print_fields_with_no_presence=True)`; a test compares the two on all messages.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

_Form = Callable[[Any], Any]
"""What a value becomes in JSON."""
_Entry = tuple[str, str, bool, _Form]
"""A field's name, its name in JSON, whether its presence is known, and its form."""
_INT64: Final = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})
_PLAIN: Final = frozenset(
    {FieldDescriptor.CPPTYPE_BOOL, FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32}
)


def json_of(message: Message) -> dict[str, Any]:
    """The message as JSON's dict: every field without presence is there, so that readers need no defaults of their own."""
    return cast("dict[str, Any]", _message_form(message.DESCRIPTOR)(message))


@cache
def _message_form(descriptor: Descriptor) -> _Form:
    if descriptor.full_name == "google.protobuf.Timestamp":
        return Timestamp.ToJsonString
    if descriptor.full_name.startswith("google."):
        return json_format.MessageToDict
    entries: list[_Entry] = []

    def form(message: Message) -> dict[str, Any]:
        if not entries:  # made at the first use: messages may hold others of their own kind
            entries.extend(_entry(field) for field in descriptor.fields)
        made: dict[str, Any] = {}
        for name, json_name, has_presence, of_value in entries:
            if not has_presence or message.HasField(name):
                made[json_name] = of_value(getattr(message, name))
        return made

    return form


def _entry(field: FieldDescriptor) -> _Entry:
    return field.name, field.json_name, field.has_presence, _field_form(field)


def _field_form(field: FieldDescriptor) -> _Form:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        of_key, of_item = (_single_form(message.fields_by_name[name]) for name in ("key", "value"))
        return lambda values: {str(of_key(key)): of_item(value) for key, value in cast("Mapping[Any, Any]", values).items()}
    of_each = _single_form(field)
    if field.is_repeated:
        return list if of_each is _same else lambda values: [of_each(value) for value in values]
    return of_each


def _single_form(field: FieldDescriptor) -> _Form:
    if field.message_type is not None:
        return _message_form(field.message_type)
    if field.enum_type is not None:
        return _enum_form(field.enum_type)
    if field.cpp_type in _INT64:
        return str
    if field.cpp_type in _PLAIN and field.type != FieldDescriptor.TYPE_BYTES:
        return _same
    return _slow_form(field)


def _enum_form(descriptor: EnumDescriptor) -> _Form:
    names = {number: value.name for number, value in descriptor.values_by_number.items()}
    return lambda number: names.get(number, number)


def _slow_form(field: FieldDescriptor) -> _Form:
    """Numbers with a point, and bytes: rare enough to leave to protobuf, which knows the shortest form and the exceptions."""
    printer = cast("Any", json_format)._Printer()  # noqa: SLF001 -- it has no public door for a single value
    return lambda value: printer._FieldToJsonObject(field, value)  # noqa: SLF001


def _same(value: Any) -> Any:
    return value
