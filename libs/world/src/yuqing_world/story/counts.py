"""How a text is liked, passed on and read: counts that grow fast at first and then settle."""

import math
from dataclasses import dataclass
from random import Random

from yuqing_world.story.arc import Place, Strand
from yuqing_world.story.sketch import Sketch

_SETTLES_HOURS = 1.5
_WEIGHT = {Strand.COMPLAINT: 1.4, Strand.RUMOUR: 1.8, Strand.ANSWER: 0.9, Strand.PRAISE: 0.3}


@dataclass(frozen=True, slots=True)
class Counts:
    """Interaction counts at one moment."""

    likes: int
    comments: int
    reposts: int
    views: int
    useful: int


def counts_of(seed: int, sketch: Sketch, followers: int, hour: float) -> Counts:
    """The counts of a text at an hour of the story; they never fall."""
    random = Random(f"counts/{seed}/{sketch.number}")
    pull = sketch.beat.pull * 6 if sketch.beat else 1.0
    reach = math.log1p(followers) / 3 + _WEIGHT.get(sketch.strand, 0.0) + random.gauss(0, 1.1)
    likes = math.exp(min(reach, 8)) * pull
    grown = 1 - math.exp(-max(hour - sketch.hour, 0) / (_SETTLES_HOURS * random.uniform(0.5, 2)))
    passed_on = random.uniform(0.1, 0.6) if sketch.place in (Place.MICROBLOG, Place.REPOST) else 0.0

    def at_last(share: float) -> int:
        return int(likes * share * grown)

    return Counts(at_last(1), at_last(random.uniform(0.05, 0.5)), at_last(passed_on), at_last(random.uniform(20, 60)), at_last(0.3))
