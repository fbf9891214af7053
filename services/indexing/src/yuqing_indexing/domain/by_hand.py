"""What people say of a mention beside what was fetched and judged: corrections of its labels, its place in the queue, legal holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class LabelKind(Enum):
    """What of a judgement may be corrected; the values are the index's fields that it is searched by."""

    SENTIMENT = "sentiment"
    INTENT = "intent"
    ASPECT = "aspect"
    FOCUS_AREA = "focus_area"
    SENSITIVITY = "sensitivity"
    OFFENSIVE = "offensive"
    REGION = "region"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a correction was made of: the values that stood there, the text by its content hash, and the model with its version."""

    values: tuple[str, ...]
    content_hash: str
    model: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One label as a person has it. `job` is the id of the job that made it, empty where it was made on this mention alone."""

    id: str
    kind: LabelKind
    values: tuple[str, ...]
    judged: Judged
    pinned: bool
    reason: str
    author: str
    time: datetime
    job: str = ""

    def counts(self, content_hash: str, model: str) -> bool:
        """A pinned one counts always, another as long as the text and the model's judgement are those that the person saw."""
        return self.pinned or (self.judged.content_hash == content_hash and self.judged.model == model)


class TriageState(Enum):
    """How far a mention is in the queue; the values are those of the index. NONE: nobody put it there."""

    NONE = ""
    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Triage:
    """A mention's place in the queue, its tags (in normal form), and how many notes there are. `time` is of the last change of state."""

    state: TriageState = TriageState.NONE
    assignee: str = ""
    tags: tuple[str, ...] = ()
    notes: int = 0
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ByHand:
    """All that people did to a mention. `etag` changes with each act; of each kind of label the newest correction that nobody took back;
    `holds` are the ids of the legal holds that stand."""

    etag: str
    corrections: tuple[Correction, ...] = ()
    triage: Triage = Triage()
    holds: tuple[str, ...] = ()
