"""What people say of mentions, as messages of the contract, and back; pure functions."""

from typing import Final

from yuqing.indexing.v1 import correction_pb2, legal_hold_pb2, mention_pb2, triage_pb2
from yuqing_indexing.domain.by_hand import Correction, LabelKind, Triage, TriageState
from yuqing_indexing.domain.correcting import LabelRefused, checked
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.holds import Hold, hold_name
from yuqing_indexing.label_wire import write_labels
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.names import SENTIMENT, Names
from yuqing_runtime.errors import FieldViolation, InvalidArgument

_KINDS: Final = Names(correction_pb2.LabelKind, "LABEL_KIND_")
_STATES: Final = Names(triage_pb2.TriageState, "TRIAGE_STATE_")


class LabelInvalid(InvalidArgument):
    """The values are none of the label's kind."""

    default_reason = "LABEL_REFUSED"


def kind_of(number: "correction_pb2.LabelKind.ValueType") -> LabelKind:
    """The kind of a label; the contract's rule has checked that it is one."""
    return LabelKind(_KINDS.name(number))


def label_of(message: correction_pb2.Label) -> tuple[LabelKind, tuple[str, ...]]:
    """Kind and values. Errors: LabelInvalid."""
    kind = kind_of(message.kind)
    try:
        return kind, checked(kind, message.values)
    except LabelRefused as error:
        raise LabelInvalid(f"label.values: {error}", violations=(FieldViolation("label.values", str(error)),)) from error


def label_message(kind: LabelKind, values: tuple[str, ...]) -> correction_pb2.Label:
    """A label as the contract has it."""
    return correction_pb2.Label(kind=_KINDS.number(kind.value), values=values)


def correction_message(mention: str, correction: Correction) -> correction_pb2.Correction:
    """A correction of the mention with this id."""
    return correction_pb2.Correction(
        name=f"corrections/{correction.id}",
        mention=f"mentions/{mention}",
        label=label_message(correction.kind, correction.values),
        judged=label_message(correction.kind, correction.judged.values),
        pinned=correction.pinned,
        reason=correction.reason,
        author=correction.author,
        create_time=timestamp_of(correction.time),
        job=f"jobs/{correction.job}" if correction.job else "",
    )


def triage_message(triage: Triage) -> triage_pb2.Triage:
    """A place in the queue as the contract has it."""
    return triage_pb2.Triage(
        state=_STATES.number(triage.state.value),
        assignee=triage.assignee,
        tags=triage.tags,
        note_size=triage.notes,
        update_time=timestamp_of(triage.time) if triage.time else None,
    )


def hold_message(hold: Hold, size: int) -> legal_hold_pb2.LegalHold:
    """A legal hold that covers so many mentions."""
    return legal_hold_pb2.LegalHold(
        name=hold.name,
        reason=hold.reason,
        author=hold.author,
        create_time=timestamp_of(hold.create_time),
        query=hold.query,
        job=f"jobs/{hold.job}" if hold.job else "",
        mention_size=size,
        released_by=hold.released_by,
        release_time=timestamp_of(hold.release_time) if hold.release_time else None,
        release_reason=hold.release_reason,
    )


def state_of(number: "triage_pb2.TriageState.ValueType") -> TriageState:
    """The state of the queue that a message names."""
    return TriageState(_STATES.name(number))


def write_people(message: mention_pb2.Mention, mention: Mention) -> None:
    """Writes what counts, and what people did, into the message of a mention."""
    message.sentiment = SENTIMENT.number(mention.sentiment)
    labels = mention.labels
    write_labels(message.labels, labels)
    if mention.judgement and labels is not mention.judgement.labels:
        write_labels(message.judgement.labels, mention.judgement.labels)
    if by_hand := mention.by_hand:
        message.etag = by_hand.etag
        message.triage.CopyFrom(triage_message(by_hand.triage))
        message.legal_holds.extend(map(hold_name, by_hand.holds))
        message.held = bool(by_hand.holds)
        message.corrections.extend(correction_message(mention.id, each) for each in mention.counting)
