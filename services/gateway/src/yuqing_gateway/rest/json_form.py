"""Messages as JSON's dicts, by a plan made once for each kind of message: protobuf's own way looks every field up anew, and took half of a search.

The form is that of `json_format.MessageToDict(..., always_print_fields_with_no_presence=True)`; a test compares the two on all messages.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from math import isfinite
from struct import Struct
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

_Form = Callable[[Any], Any]
"""What a value becomes in JSON."""
_INT64: Final = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})
_PLAIN: Final = frozenset(
    {FieldDescriptor.CPPTYPE_BOOL, FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32}
)

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- written without a zone
_MINUTE_CHARACTERS: Final = len("1970-01-01T00:00")
_FOUR_BYTES: Final = Struct("f")


def json_of(message: Message) -> dict[str, Any]:
    """The message as JSON's dict: every field without presence is there, so that readers need no defaults of their own."""
    return cast("dict[str, Any]", _message_form(message.DESCRIPTOR)(message))


@cache
def _message_form(descriptor: Descriptor) -> _Form:
    if descriptor.full_name == "google.protobuf.Timestamp":
        return _moment
    if descriptor.full_name.startswith("google."):
        return json_format.MessageToDict
    compiled: list[_Form] = []

    def form(message: Message) -> dict[str, Any]:
        if not compiled:  # at the first use: messages may hold others of their own kind
            compiled.append(_compiled(descriptor))
        return compiled[0](message)

    return form


def _compiled(descriptor: Descriptor) -> _Form:
    """A function written for this kind of message, as `dataclasses` writes theirs: going through a list of fields takes half as long again."""
    forms: dict[str, Any] = {}
    always = [field for field in descriptor.fields if not field.has_presence]
    lines = [
        "def form(message):",
        f" made = {{{', '.join(f'{field.json_name!r}: {_expression(field, forms)}' for field in always)}}}",
        *(
            f" if message.HasField({field.name!r}): made[{field.json_name!r}] = {_expression(field, forms)}"
            for field in descriptor.fields
            if field.has_presence
        ),
        " return made",
    ]
    exec("\n".join(lines), forms)  # noqa: S102 -- made of the names in the contracts alone
    return forms["form"]


def _expression(field: FieldDescriptor, forms: dict[str, Any]) -> str:
    """What makes a field's value; the forms that it calls are put among `forms`."""
    value, of_each = f"message.{field.name}", f"form_{field.number}"
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        forms[of_each] = _map_form(field.message_type)
        return f"{of_each}({value})"
    forms[of_each] = _single_form(field)
    if forms[of_each] is _same:
        return f"[*{value}]" if field.is_repeated else value
    return f"[{of_each}(each) for each in {value}]" if field.is_repeated else f"{of_each}({value})"


def _map_form(entry: Descriptor) -> _Form:
    of_key, of_item = (_single_form(entry.fields_by_name[name]) for name in ("key", "value"))
    return lambda values: {str(of_key(key)): of_item(value) for key, value in cast("Mapping[Any, Any]", values).items()}


def _single_form(field: FieldDescriptor) -> _Form:
    if field.message_type is not None:
        return _message_form(field.message_type)
    if field.enum_type is not None:
        return _enum_form(field.enum_type)
    if field.cpp_type in _INT64:
        return str
    if field.cpp_type in _PLAIN and field.type != FieldDescriptor.TYPE_BYTES:
        return _same
    if field.type == FieldDescriptor.TYPE_FLOAT:
        return _float_form(field)
    return _double_form(field) if field.type == FieldDescriptor.TYPE_DOUBLE else _slow_form(field)


def _enum_form(descriptor: EnumDescriptor) -> _Form:
    names = {number: value.name for number, value in descriptor.values_by_number.items()}
    return lambda number: names.get(number, number)


def _moment(timestamp: Timestamp) -> str:
    """As `Timestamp.ToJsonString`, with as many decimals as needed by threes."""
    minute, second = divmod(timestamp.seconds, 60)
    return f"{_minute(minute)}:{second:02}{_fraction(timestamp.nanos)}Z"


@lru_cache(maxsize=1 << 14)  # what is found lies close together in time
def _minute(minute: int) -> str:
    return (_EPOCH + timedelta(minutes=minute)).isoformat()[:_MINUTE_CHARACTERS]


def _fraction(nanos: int) -> str:
    if nanos == 0:
        return ""
    if nanos % 1_000_000 == 0:
        return f".{nanos // 1_000_000:03}"
    return f".{nanos // 1_000:06}" if nanos % 1_000 == 0 else f".{nanos:09}"


def _float_form(field: FieldDescriptor) -> _Form:
    """The shortest number that is the same in four bytes: six to nine digits."""
    exactly = _slow_form(field)

    @lru_cache(maxsize=1 << 15)  # most are probabilities of a few digits
    def form(value: float) -> Any:
        if not isfinite(value) or value.is_integer():
            return exactly(value)
        return next(short for short in (float(f"{value:.{digits}g}") for digits in (6, 7, 8, 9)) if _four_bytes(short) == value)

    return form


def _double_form(field: FieldDescriptor) -> _Form:
    exactly = _slow_form(field)
    return lambda value: exactly(value) if not isfinite(value) or value.is_integer() else value


def _four_bytes(value: float) -> float:
    (rounded,) = _FOUR_BYTES.unpack(_FOUR_BYTES.pack(value))
    return rounded


def _slow_form(field: FieldDescriptor) -> _Form:
    """Numbers with a point, and bytes: rare enough to leave to protobuf, which knows the shortest form and the exceptions."""
    printer = cast("Any", json_format)._Printer()  # noqa: SLF001 -- it has no public door for a single value
    return lambda value: printer._FieldToJsonObject(field, value)  # noqa: SLF001


def _same(value: Any) -> Any:
    return value
