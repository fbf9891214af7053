"""Decides how long to wait before a process that ended is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """0.5 s, doubling to 30 s; a process that was healthy for 60 s begins anew."""

    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    forgotten_after_seconds: float = 60.0
    _next_seconds: float = 0.0

    def after(self, healthy_seconds: float) -> float:
        """The seconds to wait when the process had been healthy for so long before it ended."""
        if healthy_seconds >= self.forgotten_after_seconds or not self._next_seconds:
            self._next_seconds = self.first_seconds
        wait_seconds = self._next_seconds
        self._next_seconds = min(wait_seconds * 2, self.longest_seconds)
        return wait_seconds
