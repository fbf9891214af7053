"""Finds the kinds of source by name. A new kind is one new module in this package that offers a `KIND`."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

import yuqing_crawler.domain.kinds as package
from yuqing_crawler.domain.kinds.kind import Kind, Parameters

AnyKind = Kind[Any]  # a kind together with parameters that its own model has checked; no type can say more


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one parameter. `field` is its path, such as `paging.size`."""

    field: str
    message: str


class UnknownKindError(LookupError):
    """There is no kind of this name."""


class InvalidParametersError(ValueError):
    """The parameters do not fit their kind; `problems` says where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


def _discover() -> dict[str, AnyKind]:
    modules = (importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__))
    kinds = (cast("AnyKind | None", getattr(module, "KIND", None)) for module in modules)
    return {kind.name: kind for kind in kinds if kind is not None}


KINDS: Mapping[str, AnyKind] = _discover()
"""Every kind by its name."""


def kind_named(name: str) -> AnyKind:
    """The kind of a name; raises UnknownKindError."""
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownKindError(f"no kind of source is called {name!r}; there are {', '.join(sorted(KINDS))}")
    return kind


def parameters_from_mapping(kind: str, values: Mapping[str, object]) -> Parameters:
    """The checked parameters of a kind; raises UnknownKindError or InvalidParametersError."""
    model = cast("type[Parameters]", kind_named(kind).parameters)
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        problems = (Problem(".".join(str(part) for part in each["loc"]) or "parameters", each["msg"]) for each in error.errors())
        raise InvalidParametersError(tuple(problems)) from error


def parameters_schema(kind: str) -> dict[str, object]:
    """The JSON Schema of a kind's parameters."""
    return cast("type[Parameters]", kind_named(kind).parameters).model_json_schema()
