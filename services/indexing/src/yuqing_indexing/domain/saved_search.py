"""Searches that people keep: who may see one, who may change it, and what a change makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

CHANGEABLE = frozenset({"display_name", "query", "filters", "order", "shared_with"})
"""What its owner may change."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: `people/{person}` and the departments that the person belongs to."""

    person: str
    departments: frozenset[str]


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A kept search. `filters` are facets with their values, `order` is the name in the contract, `shared_with` a department or empty."""

    id: str
    owner: str
    display_name: str
    query: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    order: str
    shared_with: str
    etag: str
    create_time: datetime

    @property
    def name(self) -> str:
        """The resource name."""
        return f"savedSearches/{self.id}"

    def visible_to(self, viewer: Viewer) -> bool:
        """Its owner sees it, and the department that it is shared with."""
        return self.owner == viewer.person or self.shared_with in viewer.departments

    def for_audit(self) -> Mapping[str, str]:
        """What an audit record says of it."""
        return {"display_name": self.display_name, "query": self.query, "shared_with": self.shared_with}
