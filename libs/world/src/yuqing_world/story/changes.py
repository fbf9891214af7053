"""Decides who edits and who deletes what, and when: some think twice, and rumours vanish after the answer."""

import math
from collections.abc import Sequence
from random import Random

from yuqing_world.story.arc import ANSWER_HOUR, Place, Strand
from yuqing_world.story.sketch import Sketch

_EDITED = {Place.ARTICLE: 0.06, Place.THREAD: 0.08, Place.REPLY: 0.03, Place.REVIEW: 0.04, Place.MICROBLOG: 0.02}
_DELETED = {Strand.RUMOUR: 0.35, Strand.COMPLAINT: 0.04}
_DELETED_ELSEWHERE = 0.01
_KEPT = frozenset({Place.COPY, Place.ESSAY})
"""Partners and columnists let things stand."""
_EDIT_AFTER_HOURS, _DELETE_AFTER_HOURS = 0.4, 1.2


def plan_changes(sketches: Sequence[Sketch], random: Random) -> None:
    """Sets edits and deletions, in hours of the story; `sketches` are in order of time.

    What hangs on a deleted article or thread goes with it, unless it had gone before; nobody deletes what others still answer to.
    """
    last_said = {id(sketch.root): sketch.hour for sketch in sketches if sketch.root is not None}
    for sketch in sketches:
        if sketch.beat is not None:
            _scripted(sketch)
        else:
            _by_chance(sketch, last_said.get(id(sketch), sketch.hour), random)
        if sketch.root is not None and sketch.place in (Place.COMMENT, Place.REPLY):
            sketch.deleted_hour = min(sketch.deleted_hour, sketch.root.deleted_hour)


def _scripted(sketch: Sketch) -> None:
    beat = sketch.beat
    if beat is not None:
        sketch.deleted_hour = math.inf if beat.deleted_hour is None else beat.deleted_hour
        sketch.edit_hours = () if beat.edit_hour is None else (beat.edit_hour,)


def _by_chance(sketch: Sketch, last_said_hour: float, random: Random) -> None:
    edit, deletion = random.random(), random.random()
    edit_after, deletion_after = 0.05 + random.expovariate(1 / _EDIT_AFTER_HOURS), 0.1 + random.expovariate(1 / _DELETE_AFTER_HOURS)
    if sketch.place not in _KEPT and deletion < _DELETED.get(sketch.strand, _DELETED_ELSEWHERE):
        soonest = ANSWER_HOUR if sketch.strand is Strand.RUMOUR else sketch.hour
        sketch.deleted_hour = max(soonest, last_said_hour) + deletion_after
    if edit < _EDITED.get(sketch.place, 0.0) and sketch.hour + edit_after < sketch.deleted_hour:
        sketch.edit_hours = (sketch.hour + edit_after,)
