"""A source (信源): where the system looks, on what ground, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from yuqing_crawler.domain.health import HealthState, standing
from yuqing_crawler.domain.schedule import Bounds


@dataclass(frozen=True, slots=True)
class Source:
    """What people decided about a source. `secrets` is the sealed form of the values that `secret_names` lists."""

    id: str
    display_name: str
    kind: str
    medium: int
    address: str
    parameters: Mapping[str, object]
    secrets: bytes | None
    secret_names: tuple[str, ...]
    legal_basis: str
    owner: str
    minimum_interval_seconds: float
    maximum_interval_seconds: float
    requests_per_second: float
    time_zone: str
    paused: bool
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """Its resource name."""
        return f"sources/{self.id}"

    @property
    def bounds(self) -> Bounds:
        """The bounds of its interval."""
        return Bounds(self.minimum_interval_seconds, self.maximum_interval_seconds)

    @property
    def standing(self) -> HealthState | None:
        """Blocked or paused by people; None where it may run."""
        return standing(legal_basis=self.legal_basis, owner=self.owner, paused=self.paused)

    def zone(self, organisation: str) -> ZoneInfo:
        """The zone of times that name none."""
        return ZoneInfo(self.time_zone or organisation)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands: what its runs came to."""

    state: HealthState = HealthState.NEW
    next_run_at: datetime | None = None
    interval_seconds: float = 0.0
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0
    errors: Mapping[str, int] | None = None
    detail: str = ""
    lag_seconds: float | None = None
    items_last_day: int = 0
    items_usual_per_day: float = 0.0
