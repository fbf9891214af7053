"""Pydantic models of the contracts' messages: what JSON a route takes, strictly, with the comments as descriptions."""

import keyword
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from yuqing.access.v1 import access_pb2
from yuqing_protos.contract import comments, field_rule, message_rule, set_by_system
from yuqing_runtime.rules import time_zones

_INT64: Final = Annotated[str, Field(pattern=r"^(0|-?[1-9][0-9]{0,17})$", examples=["1"])]
_DURATION: Final = Annotated[str, Field(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,9})?s$", examples=["300s"])]
# Of four digits, and not the first or the last ones: every zone's offset then stays within what a Timestamp holds.
_YEAR: Final = "^[12][0-9]{3}-"


def _text_only(value: object) -> object:
    if not isinstance(value, str) or not re.match(_YEAR, value):
        raise PydanticCustomError("timestamp_type", "a time is text, as 2026-03-01T08:00:00Z, in the years 1000 to 2999")
    return value


def _whole(value: object) -> object:
    """JSON has one kind of number: 5.0 is an integer there."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# The framework gives the models Python values, where strict would refuse the text that JSON has for a time.
Timestamp = Annotated[
    AwareDatetime,
    BeforeValidator(_text_only),
    Field(strict=False, examples=["2026-03-01T08:00:00Z"], json_schema_extra={"pattern": _YEAR}),
]
_WELL_KNOWN: Final[Mapping[str, Any]] = {
    "google.protobuf.Timestamp": Timestamp,
    "google.protobuf.Duration": _DURATION,
    "google.protobuf.Struct": dict[str, Any],
}
NO_NUL: Final = r"^[^\x00]*$"
"""Any text but U+0000, which databases do not take."""
_INT32: Final = {"ge": -(2**31), "le": 2**31 - 1}
_UINT32: Final = {"ge": 0, "le": 2**32 - 1}
_PORT: Final = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST: Final = r"[A-Za-z0-9\u4e00-\u9fff]([A-Za-z0-9.\u4e00-\u9fff-]{0,250}[A-Za-z0-9\u4e00-\u9fff])?"
_DAYS: Final = "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
_MASK: Final = (
    "The fields to change, by commas; those that the body gives where absent. A field that the mask names and the body does not give is cleared, "
    "unless it is required. 要修改的字段；缺省为请求体给出的字段"
)
# Form → what JSON Schema says of it; the services check the form itself.
_FORMATS: Final[Mapping[int, Mapping[str, Any]]] = {
    access_pb2.FORMAT_HTTP_URL: {
        "pattern": rf"^https?://{_HOST}(:{_PORT})?([/?#][^\s\x00-\x20\x7f]*)?$",
        "examples": ["https://www.example.com/"],
    },
    access_pb2.FORMAT_EMAIL: {
        "pattern": r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        "examples": ["li.si@example.com"],
    },
    access_pb2.FORMAT_UUID: {
        # Without an example: who tries calls out would use it again for another.
        "pattern": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    },
    access_pb2.FORMAT_DATE: {
        "pattern": rf"^(20[0-9]{{2}}-{_DAYS}|20([02468][048]|[13579][26])-02-29)$",
        "examples": ["2026-03-01"],
    },
    access_pb2.FORMAT_SHA256: {"pattern": r"^[0-9a-f]{64}$"},
}


def model_of(descriptor: Descriptor) -> type[BaseModel]:
    """The model of a message as a body: unknown fields, wrong types and broken rules are refused."""
    return _model(descriptor, patch=False)


def model_without(descriptor: Descriptor, field: str) -> type[BaseModel]:
    """The model of a message as a body beside a path that gives one of its fields."""
    return _model(descriptor, patch=False, without=field)


def patch_model_of(descriptor: Descriptor) -> type[BaseModel]:
    """The model of a message of which only some fields are given: nothing is required."""
    return _model(descriptor, patch=True)


def query_model_of(name: str, fields: Iterable[FieldDescriptor], resource: Descriptor | None) -> type[BaseModel]:
    """The model of a route's query parameters; numbers come as text there. A mask is over the fields of `resource`, the body."""
    config = ConfigDict(extra="forbid", serialize_by_alias=True)
    entries = dict(_mask_entry(field, resource) if resource and _is_mask(field) else _entry(field, patch=False) for field in fields)
    return create_model(name, __config__=config, **cast("dict[str, Any]", entries))


def changeable(resource: Descriptor) -> dict[str, FieldDescriptor]:
    """The fields of a resource that an update may name, by their names in JSON."""
    return {field.json_name: field for field in resource.fields if not set_by_system(field) and field.name != "etag"}


def _is_mask(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name == "google.protobuf.FieldMask"


def _mask_entry(field: FieldDescriptor, resource: Descriptor) -> tuple[str, tuple[Any, Any]]:
    one = f"({'|'.join(changeable(resource))})"
    info: dict[str, Any] = {"alias": field.json_name, "pattern": f"^({one}(,{one})*)?$", "max_length": 2000}
    return field.name, (str, Field(default=None, description=_MASK, **info))


@cache
def _model(descriptor: Descriptor, *, patch: bool, without: str = "") -> type[BaseModel]:
    oneofs = tuple(each for each in descriptor.oneofs if len(each.fields) > 1)
    any_of = () if patch else tuple(descriptor.fields_by_name[name] for name in message_rule(descriptor).any_of)
    config = ConfigDict(
        extra="forbid",
        strict=True,
        serialize_by_alias=True,
        title=descriptor.name,
        json_schema_extra=_one_of(oneofs) | _any_of(any_of),
    )
    fields = dict(_entry(field, patch=patch) for field in descriptor.fields if field.name != without)
    checks: dict[str, Any] = {f"check_{each.name}": model_validator(mode="after")(_exactly_one(each)) for each in oneofs}
    if any_of:
        checks["check_any_of"] = model_validator(mode="after")(_at_least_one(any_of))
    model = create_model(_name(descriptor, patch=patch), __config__=config, __validators__=checks, **cast("dict[str, Any]", fields))
    model.__doc__ = comments().get(descriptor.full_name, "")
    return model


def _name(descriptor: Descriptor, *, patch: bool) -> str:
    # What a reply holds has the message's own name; a request is held to more, and has another.
    return descriptor.name if descriptor.name.endswith("Request") else f"{descriptor.name}{'Patch' if patch else 'Input'}"


def _one_of(oneofs: Iterable[OneofDescriptor]) -> dict[str, Any]:
    choices = [{"required": [field.json_name]} for each in oneofs for field in each.fields]
    return {"oneOf": choices} if choices else {}


def _exactly_one(oneof: OneofDescriptor) -> Any:
    names = [_attribute(field) for field in oneof.fields]
    shown = " or ".join(field.json_name for field in oneof.fields)

    def check(model: BaseModel) -> BaseModel:
        if len(model.model_fields_set.intersection(names)) != 1:
            raise PydanticCustomError("oneof", "exactly one is needed: {names}", {"names": shown})
        return model

    return check


def _any_of(fields: Iterable[FieldDescriptor]) -> dict[str, Any]:
    given = {"type": "string", "pattern": r"[^\s\x00-\x20]"}
    choices = [{"required": [field.json_name], "properties": {field.json_name: given}} for field in fields]
    return {"anyOf": choices} if choices else {}


def _at_least_one(fields: Iterable[FieldDescriptor]) -> Any:
    names = [_attribute(field) for field in fields]
    shown = " or ".join(field.json_name for field in fields)

    def check(model: BaseModel) -> BaseModel:
        if not any((getattr(model, name) or "").strip() for name in names):
            raise PydanticCustomError("any_of", "one is needed: {names}", {"names": shown})
        return model

    return check


def _entry(field: FieldDescriptor, *, patch: bool) -> tuple[str, tuple[Any, Any]]:
    description = comments().get(field.full_name) or None
    info: dict[str, Any] = {"alias": field.json_name, "description": description}
    if set_by_system(field):
        # A resource may be given back as it was read: what the system sets is taken and has no effect.
        return _attribute(field), (Any, Field(default=None, exclude=True, json_schema_extra={"readOnly": True}, **info))
    rule = field_rule(field) or access_pb2.FieldRule()
    required = (rule.required or rule.min_items > 0) and not patch
    annotation = _annotation(field, rule, patch=patch)
    if field.is_repeated:
        info |= _sizes(rule)
    return _attribute(field), (annotation, Field(**info) if required else Field(default=None, **info))


def _attribute(field: FieldDescriptor) -> str:
    return f"{field.name}_" if keyword.iskeyword(field.name) or field.name.startswith("model_") or hasattr(BaseModel, field.name) else field.name


def _sizes(rule: access_pb2.FieldRule) -> dict[str, Any]:
    found: dict[str, Any] = {}
    least = max(rule.min_items, 1 if rule.required else 0)
    if least:
        found["min_length"] = least
    if rule.max_items:
        found["max_length"] = rule.max_items
    if rule.unique_items:
        found["json_schema_extra"] = {"uniqueItems": True}
    return found


def _annotation(field: FieldDescriptor, rule: access_pb2.FieldRule, *, patch: bool) -> Any:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        return dict[str, _single(message.fields_by_name["value"], access_pb2.FieldRule(), patch=False)]
    single = _single(field, rule, patch=patch and not field.is_repeated)
    return list[single] if field.is_repeated else single


def _single(field: FieldDescriptor, rule: access_pb2.FieldRule, *, patch: bool) -> Any:
    if field.message_type is not None:
        return _WELL_KNOWN.get(field.message_type.full_name) or _model(field.message_type, patch=patch)
    if field.enum_type is not None:
        return _enum(field.enum_type, defined=rule.defined)
    match field.type:
        case FieldDescriptor.TYPE_BOOL:
            return bool
        case FieldDescriptor.TYPE_STRING:
            return _string(rule, may_be_empty=not (rule.required or field.is_repeated or field.has_presence))
        case FieldDescriptor.TYPE_INT64 | FieldDescriptor.TYPE_UINT64:
            return _INT64 if not rule.HasField("minimum") else Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,17})$", examples=["1"])]
        case FieldDescriptor.TYPE_INT32 | FieldDescriptor.TYPE_UINT32:
            bounds = _UINT32 if field.type == FieldDescriptor.TYPE_UINT32 else _INT32
            # The bounds before the validator: JSON Schema would lose them after it.
            return Annotated[int, Field(**cast("dict[str, Any]", bounds | _range(rule))), BeforeValidator(_whole)]
        case FieldDescriptor.TYPE_DOUBLE | FieldDescriptor.TYPE_FLOAT:
            return Annotated[float, Field(allow_inf_nan=False, **cast("dict[str, Any]", _range(rule)))]
        case _:
            raise NotImplementedError(f"{field.full_name}: no JSON form for its type")


def _range(rule: access_pb2.FieldRule) -> dict[str, float]:
    found: dict[str, float] = {}
    if rule.HasField("minimum"):
        found["ge"] = rule.minimum
    if rule.HasField("maximum"):
        found["le"] = rule.maximum
    return found


def _string(rule: access_pb2.FieldRule, *, may_be_empty: bool) -> Any:
    if rule.format == access_pb2.FORMAT_TIME_ZONE:
        names = (*([""] if may_be_empty else []), *sorted(time_zones()))
        return Annotated[Literal[names], Field(examples=["Asia/Shanghai"])]
    info: dict[str, Any] = {"pattern": NO_NUL, **_FORMATS.get(rule.format, {})}
    if rule.pattern:
        info["pattern"] = f"^({rule.pattern})$"
    if may_be_empty:
        # Without presence an empty text is the same as none, whatever the rule says of others.
        info["pattern"] = info["pattern"] if re.match(info["pattern"], "") else f"^({info['pattern'][1:-1]})?$"
    else:
        info["min_length"] = max(rule.min_length, 1 if rule.required else 0) or None
    if rule.max_length:
        info["max_length"] = rule.max_length
    return Annotated[str, Field(**info)]


@cache
def _enum(descriptor: EnumDescriptor, *, defined: bool) -> Any:
    names = tuple(value.name for value in descriptor.values if value.number or not defined)
    shown = "; ".join(f"`{name}`: {comments()[f'{descriptor.full_name}.{name}']}" for name in names if f"{descriptor.full_name}.{name}" in comments())
    return Annotated[Literal[names], Field(description=shown or None)]
