"""People and departments, and the rules they keep to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

Roles = frozenset[str]
"""Names of roles as the contract has them, `ROLE_MONITOR`."""


@dataclass(frozen=True)
class Department:
    """A department; `parent` is empty at the top."""

    id: str
    display_name: str
    parent: str = ""
    version: int = 1


@dataclass(frozen=True)
class Person:
    """A person; `memberships` are the roles in each department."""

    id: str
    login: str
    display_name: str
    email: str = ""
    memberships: Mapping[str, Roles] = field(default_factory=dict[str, Roles])
    disabled: bool = False
    version: int = 1
    created_at: datetime | None = None


class DirectoryRuleBroken(Exception):
    """A change that the rules of the directory do not allow; `subject` is the field it is about."""

    def __init__(self, subject: str, message: str) -> None:
        super().__init__(message)
        self.subject = subject


def new_id(wanted: str, taken: frozenset[str]) -> str:
    """A readable id from a login or name: its letters and digits, and a number where it is taken."""
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:32] or "department"
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def check_tree(departments: Sequence[Department]) -> None:
    """Raises DirectoryRuleBroken where a parent is missing or a department lies below itself."""
    parents = {department.id: department.parent for department in departments}
    for start in parents:
        seen: set[str] = set()
        current = start
        while current:
            if current in seen:
                raise DirectoryRuleBroken("parent", f"departments/{start} would lie below itself")
            if current not in parents:
                raise DirectoryRuleBroken("parent", f"departments/{current} does not exist")
            seen.add(current)
            current = parents[current]


def parents_first(departments: Sequence[Department]) -> list[Department]:
    """The departments in the order of the tree: each below its parent, by name among brothers."""
    below: dict[str, list[Department]] = {}
    for department in departments:
        below.setdefault(department.parent, []).append(department)
    ordered: list[Department] = []

    def walk(parent: str) -> None:
        for department in sorted(below.get(parent, []), key=lambda each: (each.display_name, each.id)):
            ordered.append(department)
            walk(department.id)

    walk("")
    return ordered


def changed_person(before: Person, after: Person, fields: frozenset[str]) -> Person:
    """`before` with the named fields of `after`; the version counts on."""
    changes = {name: getattr(after, name) for name in ("login", "display_name", "email", "memberships", "disabled") if name in fields}
    return replace(before, version=before.version + 1, **changes)
