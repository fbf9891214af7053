"""What a source must be before it is kept, whoever brings it: a person, an import, a proposal."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from yuqing_crawler.domain.guard import GuardRefused, Opening, check_url
from yuqing_crawler.domain.kinds.registry import InvalidParametersError, UnknownKindError, parameters_from_mapping
from yuqing_crawler.domain.source import Source

_SECRET_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
LONGEST_SECRET = 8192


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a source; `field` is its path in the source."""

    field: str
    message: str


def problems_of(source: Source, openings: Mapping[str, Opening]) -> list[Problem]:
    """Everything that keeps the source from being kept; empty where nothing does."""
    found: list[Problem] = []
    try:
        parameters_from_mapping(source.kind, source.parameters)
    except UnknownKindError as error:
        found.append(Problem("kind", str(error)))
    except InvalidParametersError as error:
        found.extend(
            Problem(f"parameters.{problem.field}" if problem.field != "parameters" else "parameters", problem.message) for problem in error.problems
        )
    if "\\u0000" in json.dumps(dict(source.parameters)):
        found.append(Problem("parameters", "holds U+0000, which databases do not take"))
    try:
        check_url(source.address, openings)
    except GuardRefused as error:
        found.append(Problem("address", str(error)))
    bounds = source.bounds.problem()
    if bounds is not None:
        found.append(Problem("minimum_interval" if source.minimum_interval_seconds > source.maximum_interval_seconds else "maximum_interval", bounds))
    return found


def problems_of_secrets(secrets: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the names and values of secrets."""
    found = [Problem("secrets", f"the name {name!r} must be 1 to 64 of A-Z a-z 0-9 _ . -") for name in secrets if not _SECRET_NAME.fullmatch(name)]
    return found + [
        Problem("secrets", f"{name} is longer than {LONGEST_SECRET} characters") for name, value in secrets.items() if len(value) > LONGEST_SECRET
    ]


def record_of(source: Source) -> dict[str, object]:
    """What an audit record says of a source: all that people decided, secrets by name only."""
    return {
        "display_name": source.display_name,
        "kind": source.kind,
        "medium": source.medium,
        "address": source.address,
        "parameters": dict(source.parameters),
        "secret_names": list(source.secret_names),
        "legal_basis": source.legal_basis,
        "owner": source.owner,
        "minimum_interval_seconds": source.minimum_interval_seconds,
        "maximum_interval_seconds": source.maximum_interval_seconds,
        "requests_per_second": source.requests_per_second,
        "time_zone": source.time_zone,
        "paused": source.paused,
    }
