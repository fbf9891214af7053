"""A text in outline: what the plan fixes before anybody reads it."""

import math
from dataclasses import dataclass

from yuqing_world.story.arc import Place, Sentiment, Strand
from yuqing_world.story.script import Beat


@dataclass(slots=True, eq=False)
class Sketch:
    """One text of the plan. Hours are hours of the story."""

    hour: float
    place: Place
    strand: Strand
    sentiment: Sentiment
    number: int = -1
    """Its place in the plan; every id is made from it."""
    author: int = 0
    """Which of its site's accounts wrote it."""
    subject: str = ""
    """The town's topic, or the product of a review."""
    root: "Sketch | None" = None
    """The article of a comment, the thread of a reply, the first status of a repost."""
    answers: "Sketch | None" = None
    """The comment or reply that this answers, or the status that a repost passes on."""
    source: "Sketch | None" = None
    """What this copies."""
    edit_hours: tuple[float, ...] = ()
    deleted_hour: float = math.inf
    beat: Beat | None = None
    words: "Words | None" = None
    """Set for what a test published: its own words instead of the writer's."""

    def exists_at(self, hour: float) -> bool:
        """Whether it is published and not deleted."""
        return self.hour <= hour < self.deleted_hour


@dataclass(slots=True)
class Words:
    """Words given from outside, with what later edits turned them into."""

    title: str
    text: str
    edits: tuple[str, ...] = ()
