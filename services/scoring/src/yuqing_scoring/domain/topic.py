"""Topics: who may see and change one, and what a change must keep to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

MOST_TOPICS = 2000
"""Up to here all topics are matched in memory as mentions come in, and made ready anew at each change."""
CHANGEABLE = frozenset(
    {"display_name", "subject", "department", "query", "shown_terms", "language", "start_time", "end_time", "shared_with", "paused", "synonyms"}
)
"""What a person may set."""


class TopicRuleBroken(ValueError):
    """A topic that cannot be; `field` is the one to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the departments that the person belongs to and heads, and whether all topics are the person's to see or to change."""

    departments: frozenset[str]
    heads: frozenset[str]
    sees_all: bool
    changes_all: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """What is watched for. `subject` is the name in the contract; only mentions published in [start_time, end_time) count, None is open."""

    id: str
    display_name: str
    subject: str
    department: str
    query: str
    shown_terms: tuple[str, ...]
    language: str
    start_time: datetime | None
    end_time: datetime | None
    shared_with: tuple[str, ...]
    paused: bool
    version: int
    create_time: datetime
    update_time: datetime
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Lists of words that stand for one another in the query."""

    @property
    def name(self) -> str:
        """The resource name."""
        return f"topics/{self.id}"

    def visible_to(self, viewer: Viewer) -> bool:
        """The responsible department sees it, those it is shared with, and who watches over all."""
        return viewer.sees_all or not viewer.departments.isdisjoint((self.department, *self.shared_with))

    def changeable_by(self, viewer: Viewer) -> bool:
        """The monitoring group and leaders change all topics, a head those of the own department."""
        return viewer.changes_all or self.department in viewer.heads

    def check(self) -> None:
        """Raises TopicRuleBroken where its times make no sense."""
        if self.start_time and self.end_time and self.end_time <= self.start_time:
            raise TopicRuleBroken("end_time", "the topic would end before it begins")

    def for_audit(self) -> Mapping[str, str | bool]:
        """What an audit record says of it."""
        return {
            "display_name": self.display_name,
            "subject": self.subject,
            "department": self.department,
            "query": self.query,
            "shown_terms": " ".join(self.shown_terms),
            "language": self.language,
            "start_time": self.start_time.isoformat() if self.start_time else "",
            "end_time": self.end_time.isoformat() if self.end_time else "",
            "shared_with": " ".join(self.shared_with),
            "paused": self.paused,
            "synonyms": "; ".join(" ".join(terms) for terms in self.synonyms),
        }
