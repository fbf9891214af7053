"""Field rules of the contract, checked: what is required, how long, how large, of which form."""

import re
import uuid
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from yuqing.access.v1 import access_pb2
from yuqing_protos.contract import field_rule, message_rule
from yuqing_runtime.errors import FieldViolation, InvalidArgument

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MISSING: Final = "is required"

Check = Callable[[Any], str | None]
"""Takes a value, gives what is wrong with it, or None."""


class _FieldCheck(Protocol):
    def __call__(self, message: Message, prefix: str, found: list[FieldViolation], /) -> None: ...


def check(message: Message) -> None:
    """Raises InvalidArgument that names every field of the message which breaks its rule."""
    found = [each for each in violations(message) if not _left_alone(message, each)]
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InvalidArgument(f"{first.field}: {first.description}{more}", reason="FIELD_RULE", violations=found)


def _left_alone(message: Message, violation: FieldViolation) -> bool:
    """Whether an update does not touch the field: what the mask does not name, or without a mask what is not set, keeps its value."""
    if "update_mask" not in message.DESCRIPTOR.fields_by_name:
        return False
    resource, _, path = violation.field.partition(".")
    if not path:
        return False
    mask = cast("FieldMask", getattr(message, "update_mask")).paths  # noqa: B009 # only messages of updates have it
    changed = {each.partition(".")[0] for each in mask} or {field.name for field, _ in cast("Message", getattr(message, resource)).ListFields()}
    return re.split(r"[.\[]", path, maxsplit=1)[0] not in changed


def violations(message: Message) -> list[FieldViolation]:
    """Every broken rule of the message and of the messages in it, with the path of the field."""
    found: list[FieldViolation] = []
    _gather(message, "", found)
    return found


# Every document of the hot path comes through here: plain calls that append, and paths that are only written when something is wrong.
def _gather(message: Message, prefix: str, found: list[FieldViolation]) -> None:
    any_of, field_checks = _checks_of(message.DESCRIPTOR)
    if any_of and not any(getattr(message, name).strip() for name in any_of):
        found.append(FieldViolation(prefix.removesuffix("."), f"needs one of {', '.join(any_of)}"))
    for field_check in field_checks:
        field_check(message, prefix, found)


@cache
def _checks_of(descriptor: Descriptor) -> tuple[tuple[str, ...], tuple[_FieldCheck, ...]]:
    return _any_of(descriptor), _field_checks(descriptor)


@cache
def _any_of(descriptor: Descriptor) -> tuple[str, ...]:
    return tuple(message_rule(descriptor).any_of)


@cache
def _has_rules(descriptor: Descriptor, above: tuple[Descriptor, ...] = ()) -> bool:
    if descriptor in above:
        return False
    return bool(_any_of(descriptor)) or any(
        field_rule(field) is not None or (field.message_type is not None and _has_rules(field.message_type, (*above, descriptor)))
        for field in descriptor.fields
    )


@cache
def _field_checks(descriptor: Descriptor) -> tuple[_FieldCheck, ...]:
    made = [_field_check(field) for field in descriptor.fields]
    return tuple(each for each in made if each is not None)


def _field_check(field: FieldDescriptor) -> _FieldCheck | None:
    rule = field_rule(field)
    nested = field.message_type is not None and _has_rules(field.message_type) and not field.message_type.GetOptions().map_entry
    if rule is None and not nested:
        return None
    name, repeated, has_presence = field.name, field.is_repeated, field.has_presence
    checks = tuple(_value_checks(field, rule)) if rule else ()
    item_rule = rule or access_pb2.FieldRule()

    def run(message: Message, prefix: str, found: list[FieldViolation]) -> None:
        if repeated:
            values = getattr(message, name)
            _check_items(f"{prefix}{name}", values, item_rule, found)
            if not isinstance(values, dict):
                for index, item in enumerate(cast("Iterable[Any]", values)):
                    one(f"{prefix}{name}[{index}]", item, found)
        elif message.HasField(name) if has_presence else getattr(message, name):
            one(f"{prefix}{name}", getattr(message, name), found)
        elif item_rule.required:
            found.append(FieldViolation(f"{prefix}{name}", _MISSING))

    def one(path: str, value: Any, found: list[FieldViolation]) -> None:
        for each in checks:
            wrong = each(value)
            if wrong is not None:
                found.append(FieldViolation(path, wrong))
                return
        if nested:
            _gather(value, f"{path}.", found)

    return run


def _check_items(path: str, values: Any, rule: access_pb2.FieldRule, found: list[FieldViolation]) -> None:
    size = len(values)
    if not size and (rule.required or rule.min_items):
        found.append(FieldViolation(path, _MISSING))
    elif size < rule.min_items:
        found.append(FieldViolation(path, f"needs at least {rule.min_items} items"))
    if rule.max_items and size > rule.max_items:
        found.append(FieldViolation(path, f"takes at most {rule.max_items} items"))
    if rule.unique_items and len(set(values)) != size:
        found.append(FieldViolation(path, "holds an item twice"))


def _value_checks(field: FieldDescriptor, rule: access_pb2.FieldRule) -> Iterator[Check]:
    if field.type == FieldDescriptor.TYPE_ENUM and rule.defined:
        known = {value.number for value in cast("EnumDescriptor", field.enum_type).values} - {0}
        yield lambda value: None if value in known else "is not one of the named values"
    if rule.min_length or rule.max_length:
        yield _length(rule.min_length, rule.max_length)
    if rule.pattern:
        yield _pattern(rule.pattern)
    if rule.HasField("minimum") or rule.HasField("maximum"):
        yield _range(rule)
    if rule.format:
        yield _FORMATS[rule.format]


def _length(least: int, most: int) -> Check:
    def run(value: str) -> str | None:
        if len(value) < least:
            return f"needs at least {least} characters"
        if most and len(value) > most:
            return f"takes at most {most} characters, got {len(value)}"
        return None

    return run


def _pattern(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else f"does not match {pattern}"


def _range(rule: access_pb2.FieldRule) -> Check:
    least = rule.minimum if rule.HasField("minimum") else float("-inf")
    most = rule.maximum if rule.HasField("maximum") else float("inf")
    return lambda value: None if least <= value <= most else f"must be from {least:g} to {most:g}"


def _http_url(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    good = good and not any(character.isspace() or ord(character) < 32 for character in value)
    return None if good else "is not an http or https address"


def _date(value: str) -> str | None:
    try:
        good = date.fromisoformat(value).isoformat() == value
    except ValueError:
        good = False
    return None if good else "is not a date YYYY-MM-DD"


@cache
def time_zones() -> frozenset[str]:
    """The zones of the IANA database by area and place, with UTC: what else this machine lists (localtime, Factory) means nothing elsewhere."""
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name and name[0].isupper()) | {"UTC"}


def _uuid(value: str) -> str | None:
    return None if _UUID.fullmatch(value) and uuid.UUID(value) else "is not a UUID"


_FORMATS: Final[dict[int, Check]] = {
    access_pb2.FORMAT_HTTP_URL: _http_url,
    access_pb2.FORMAT_EMAIL: lambda value: None if _EMAIL.fullmatch(value) else "is not an email address",
    access_pb2.FORMAT_UUID: _uuid,
    access_pb2.FORMAT_DATE: _date,
    access_pb2.FORMAT_TIME_ZONE: lambda value: None if value in time_zones() else "is not a time zone of the IANA database",
    access_pb2.FORMAT_SHA256: lambda value: None if _SHA256.fullmatch(value) else "is not a SHA-256 in lower-case hexadecimal",
}
