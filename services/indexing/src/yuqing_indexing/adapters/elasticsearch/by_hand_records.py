"""What people say of a mention as JSON of the index, and back: keys to be searched and counted by, and all of it to be shown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from yuqing_indexing.domain.by_hand import ByHand, Correction, Judged, LabelKind, Triage, TriageState
from yuqing_indexing.domain.candidates import HELD
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.holds import hold_name

DERIVED_OF_PEOPLE = ("triage", "assignee", "tag", "corrected", "held", "hold")
"""Fields that are made of `by_hand`."""
_Kept = Mapping[str, Any]


def by_hand_fields(mention: Mention) -> dict[str, Any]:
    """The fields of what people say; nothing where nobody did anything."""
    by_hand = mention.by_hand
    if by_hand is None:
        return {}
    triage = by_hand.triage
    corrected = [each.kind.value for each in mention.counting]
    fields = (
        ("triage", triage.state.value),
        ("assignee", triage.assignee),
        ("tag", triage.tags),
        ("corrected", corrected),
        ("held", HELD if by_hand.holds else ""),
        ("hold", list(map(hold_name, by_hand.holds))),
    )
    return {"by_hand": _kept(by_hand)} | {name: value for name, value in fields if value}


def by_hand_of(kept: _Kept) -> ByHand:
    """What `by_hand` of the index holds."""
    corrections, triage = tuple(map(_correction_of, kept["corrections"])), _triage_of(kept["triage"])
    return ByHand(kept["etag"], corrections, triage, tuple(kept.get("holds", ())))


def _kept(by_hand: ByHand) -> dict[str, Any]:
    triage = by_hand.triage
    place = {"state": triage.state.value, "assignee": triage.assignee, "tags": triage.tags, "notes": triage.notes, "time": triage.time}
    return {"etag": by_hand.etag, "corrections": list(map(_correction, by_hand.corrections)), "triage": place, "holds": by_hand.holds}


def _correction(correction: Correction) -> dict[str, Any]:
    judged = correction.judged
    return {
        "id": correction.id,
        "kind": correction.kind.value,
        "values": correction.values,
        "judged": judged.values,
        "content_hash": judged.content_hash,
        "judged_by": judged.model,
        "pinned": correction.pinned,
        "reason": correction.reason,
        "author": correction.author,
        "time": correction.time,
        "job": correction.job,
    }


def _correction_of(kept: _Kept) -> Correction:
    judged = Judged(tuple(kept["judged"]), kept["content_hash"], kept["judged_by"])
    kind, values, time = LabelKind(kept["kind"]), tuple(kept["values"]), _moment(kept["time"])
    return Correction(kept["id"], kind, values, judged, kept["pinned"], kept["reason"], kept["author"], time, kept["job"])


def _triage_of(kept: _Kept) -> Triage:
    time = _moment(kept["time"]) if kept["time"] else None
    return Triage(TriageState(kept["state"]), kept["assignee"], tuple(kept["tags"]), kept["notes"], time)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
