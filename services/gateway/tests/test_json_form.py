import json
import math
import random

import pytest
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor

from yuqing_gateway.rest.json_form import json_of
from yuqing_protos.contract import methods

MESSAGES = {each.output.full_name: each.output for each in methods()} | {each.input.full_name: each.input for each in methods()}
NUMBERS = {
    FieldDescriptor.CPPTYPE_BOOL: (True, False),
    FieldDescriptor.CPPTYPE_INT32: (0, -7, 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 7),
    FieldDescriptor.CPPTYPE_INT64: (0, -1, 2**60),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**60),
    FieldDescriptor.CPPTYPE_FLOAT: (0.0, 4.0, 0.1, 0.4749317, 12.3456789, 1e-30, 3e38, math.inf, math.nan),
    FieldDescriptor.CPPTYPE_DOUBLE: (0.0, 0.1, 4.0, 1e300),
    FieldDescriptor.CPPTYPE_ENUM: (0, 1, 2, 99),
}


@pytest.mark.parametrize("name", sorted(name for name, each in MESSAGES.items() if "body" not in each.fields_by_name))  # files are no JSON
def test_the_form_is_protobufs_own_when_messages_are_empty_or_filled(name):
    made = message_factory.GetMessageClass(MESSAGES[name])
    for seed in range(20):
        message = made()
        if seed:
            fill(message, random.Random(seed), depth=4)
        assert repr_of(json_of(message)) == repr_of(json_format.MessageToDict(message, always_print_fields_with_no_presence=True))


def repr_of(form):
    """NaN is not equal to itself."""
    return json.dumps(form, sort_keys=True)


def fill(message, chance, depth):
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.3 or (field.message_type and not depth):
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            if not value.message_type:
                getattr(message, field.name)[drawn(key, chance)] = drawn(value, chance)
        elif field.message_type:
            inner = getattr(message, field.name)
            fill_inner(inner.add() if field.is_repeated else inner, chance, depth - 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(drawn(field, chance) for _ in range(chance.randrange(3)))
        else:
            setattr(message, field.name, drawn(field, chance))


def fill_inner(message, chance, depth):
    kind = message.DESCRIPTOR.full_name
    if kind == "google.protobuf.Timestamp":
        message.FromNanoseconds(chance.randrange(-(10**18), 2 * 10**18, 10 ** chance.choice((0, 3, 6, 9))))
    elif kind == "google.protobuf.Duration":
        message.FromMilliseconds(chance.randrange(10_000_000))
    elif kind == "google.protobuf.FieldMask":
        message.paths.append("display_name")
    elif kind == "google.protobuf.Struct":
        message.update({"a": [1, "b", None, {"c": True}]})
    else:
        message.SetInParent()
        fill(message, chance, depth)


def drawn(field, chance):
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"\x00\xff"
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return chance.choice(("", "霁川", "a\n"))
    return chance.choice(NUMBERS[field.cpp_type])
