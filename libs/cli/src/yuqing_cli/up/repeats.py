"""Keeps a service that says one thing over and over from filling the terminal."""

from dataclasses import dataclass, field

QUIET_SECONDS = 10.0
REMEMBERED = 200


@dataclass
class Repeats:
    """Lets the same words through once in `QUIET_SECONDS`, and then tells how often they were held back."""

    _held: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])

    def held_back(self, words: str, now_seconds: float) -> int | None:
        """None: do not show them now. Else show them; the number says how many were held back since they were shown last."""
        shown_at, count = self._held.get(words, (float("-inf"), 0))
        if now_seconds - shown_at < QUIET_SECONDS:
            self._held[words] = (shown_at, count + 1)
            return None
        self._held.pop(words, None)
        self._held[words] = (now_seconds, 0)
        if len(self._held) > REMEMBERED:
            del self._held[next(iter(self._held))]  # the one shown longest ago
        return count
