"""Pydantic models of the contracts' messages: what JSON a route takes, strictly, and gives, with the comments as descriptions."""

import keyword
import zoneinfo
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from yuqing.access.v1 import access_pb2
from yuqing_protos.contract import comments, field_rule

_INT64: Final = Annotated[str, Field(pattern=r"^(0|-?[1-9][0-9]{0,17})$", examples=["1"])]
_DURATION: Final = Annotated[str, Field(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,9})?s$", examples=["300s"])]
_MASK_PATH: Final = r"[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*"
_FIELD_MASK: Final = Annotated[str, Field(pattern=rf"^({_MASK_PATH}(,{_MASK_PATH})*)?$", max_length=2000, examples=["displayName"])]


def _text_only(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("timestamp_type", "a time is text, as 2026-03-01T08:00:00Z")
    return value


# The framework gives the models Python values, where strict would refuse the text that JSON has for a time.
Timestamp = Annotated[AwareDatetime, BeforeValidator(_text_only), Field(strict=False, examples=["2026-03-01T08:00:00Z"])]
_WELL_KNOWN: Final[Mapping[str, Any]] = {
    "google.protobuf.Timestamp": Timestamp,
    "google.protobuf.Duration": _DURATION,
    "google.protobuf.FieldMask": _FIELD_MASK,
    "google.protobuf.Struct": dict[str, Any],
    "google.api.HttpBody": str,
}
_INT32: Final = {"ge": -(2**31), "le": 2**31 - 1}
_UINT32: Final = {"ge": 0, "le": 2**32 - 1}
# Form → what JSON Schema says of it; the services check the form itself.
_FORMATS: Final[Mapping[int, Mapping[str, Any]]] = {
    access_pb2.FORMAT_HTTP_URL: {
        "pattern": r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(:[1-9][0-9]{0,3})?(/[!-~]*)?$",
        "examples": ["https://www.example.com/"],
    },
    access_pb2.FORMAT_EMAIL: {
        "pattern": r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        "examples": ["li.si@example.com"],
    },
    access_pb2.FORMAT_UUID: {
        "pattern": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        "examples": ["7f3a1c0e-5b7d-4c52-9a53-0d6f1f0a2b11"],
    },
    access_pb2.FORMAT_DATE: {"pattern": r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$", "examples": ["2026-03-01"]},
    access_pb2.FORMAT_TIME_ZONE: {
        "pattern": r"^(UTC|Asia/Shanghai|Asia/Hong_Kong|Asia/Taipei|Asia/Tokyo|Asia/Singapore|Europe/[A-Z][a-z]+|America/[A-Z][A-Za-z_]+)$"
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


def query_model_of(name: str, fields: Iterable[FieldDescriptor]) -> type[BaseModel]:
    """The model of a route's query parameters; numbers come as text there."""
    config = ConfigDict(extra="forbid", serialize_by_alias=True)
    return create_model(name, __config__=config, **cast("dict[str, Any]", dict(_entry(field, patch=False) for field in fields)))


@cache
def _model(descriptor: Descriptor, *, patch: bool, without: str = "") -> type[BaseModel]:
    oneofs = tuple(each for each in descriptor.oneofs if len(each.fields) > 1)
    config = ConfigDict(
        extra="forbid",
        strict=True,
        serialize_by_alias=True,
        title=descriptor.name,
        json_schema_extra=_one_of(oneofs) if oneofs else None,
    )
    fields = dict(_entry(field, patch=patch) for field in descriptor.fields if field.name != without)
    checks = {f"check_{each.name}": model_validator(mode="after")(_exactly_one(each)) for each in oneofs}
    name = f"{descriptor.name}{'Patch' if patch else ''}"
    model = create_model(name, __config__=config, __validators__=cast("dict[str, Any]", checks), **cast("dict[str, Any]", fields))
    model.__doc__ = comments().get(descriptor.full_name, "")
    return model


def _one_of(oneofs: Iterable[OneofDescriptor]) -> dict[str, Any]:
    return {"oneOf": [{"required": [field.json_name]} for each in oneofs for field in each.fields]}


def _exactly_one(oneof: OneofDescriptor) -> Any:
    names = [_attribute(field) for field in oneof.fields]
    shown = " or ".join(field.json_name for field in oneof.fields)

    def check(model: BaseModel) -> BaseModel:
        if len(model.model_fields_set.intersection(names)) != 1:
            raise PydanticCustomError("oneof", "exactly one is needed: {names}", {"names": shown})
        return model

    return check


def _entry(field: FieldDescriptor, *, patch: bool) -> tuple[str, tuple[Any, Any]]:
    rule = field_rule(field) or access_pb2.FieldRule()
    description = comments().get(field.full_name) or None
    required = rule.required and not patch
    annotation = _annotation(field, rule, patch=patch)
    info: dict[str, Any] = {"alias": field.json_name, "description": description}
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
            return _string(rule)
        case FieldDescriptor.TYPE_INT64 | FieldDescriptor.TYPE_UINT64:
            return _INT64 if not rule.HasField("minimum") else Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,17})$", examples=["1"])]
        case FieldDescriptor.TYPE_INT32 | FieldDescriptor.TYPE_UINT32:
            bounds = _UINT32 if field.type == FieldDescriptor.TYPE_UINT32 else _INT32
            return Annotated[int, Field(**cast("dict[str, Any]", bounds | _range(rule)))]
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


def _string(rule: access_pb2.FieldRule) -> Any:
    if rule.format == access_pb2.FORMAT_TIME_ZONE:
        return Annotated[Literal[tuple(sorted(zoneinfo.available_timezones()))], Field(examples=["Asia/Shanghai"])]
    info: dict[str, Any] = dict(_FORMATS.get(rule.format, {}))
    least = max(rule.min_length, 1 if rule.required else 0)
    if least:
        info["min_length"] = least
    if rule.max_length:
        info["max_length"] = rule.max_length
    if rule.pattern:
        info["pattern"] = f"^({rule.pattern})$"
    return Annotated[str, Field(**info)] if info else str


@cache
def _enum(descriptor: EnumDescriptor, *, defined: bool) -> Any:
    names = tuple(value.name for value in descriptor.values if value.number or not defined)
    shown = "; ".join(f"`{name}`: {comments()[f'{descriptor.full_name}.{name}']}" for name in names if f"{descriptor.full_name}.{name}" in comments())
    return Annotated[Literal[names], Field(description=shown or None)]
