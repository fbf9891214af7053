"""The form of what `yuqing doctor` finds: in Chinese first, then in English."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How bad a finding is."""

    GOOD = "✓"
    WARNING = "!"
    BAD = "✗"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `chinese` and `english` say the same."""

    state: State
    chinese: str
    english: str

    def __str__(self) -> str:
        english = f"\n  {self.english}" if self.english != self.chinese else ""
        return f"{self.state.value} {self.chinese}{english}"


def good(chinese: str, english: str) -> Finding:
    """Nothing to do."""
    return Finding(State.GOOD, chinese, english)


def warning(chinese: str, english: str) -> Finding:
    """It works, but not well."""
    return Finding(State.WARNING, chinese, english)


def bad(chinese: str, english: str) -> Finding:
    """It will not work."""
    return Finding(State.BAD, chinese, english)
