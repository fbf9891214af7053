"""Keeps texts in order of time, so that a page of a large world is found without walking through it."""

from bisect import bisect_right
from collections.abc import Iterable

from yuqing_world.story.sketch import Sketch


class Shelf:
    """Sketches by hour. What is published later lies behind what was published before."""

    def __init__(self) -> None:
        self._sketches: list[Sketch] = []
        self._hours: list[float] = []

    def add(self, sketch: Sketch) -> None:
        """Puts a sketch in its place; cheap at the end."""
        place = bisect_right(self._hours, sketch.hour)
        self._sketches.insert(place, sketch)
        self._hours.insert(place, sketch.hour)

    def published(self, hour: float) -> int:
        """How many were published by this hour, the deleted ones included."""
        return bisect_right(self._hours, hour)

    def newest(self, hour: float, skip: int, limit: int) -> list[Sketch]:
        """Published by this hour, the newest first, the deleted ones included."""
        end = max(self.published(hour) - skip, 0)
        return self._sketches[max(end - limit, 0) : end][::-1]

    def oldest(self, hour: float, skip: int, limit: int) -> list[Sketch]:
        """Published by this hour, the oldest first, the deleted ones included."""
        return self._sketches[skip : min(skip + limit, self.published(hour))]

    def backwards(self, hour: float) -> Iterable[Sketch]:
        """Published by this hour, the newest first, one by one."""
        for place in range(self.published(hour) - 1, -1, -1):
            yield self._sketches[place]

    def position(self, sketch: Sketch) -> int:
        """How many lie before this one. Raises ValueError for one that is not here."""
        low = bisect_right(self._hours, sketch.hour - 1e-12)
        return self._sketches.index(sketch, low)
