"""Why labels were given ↔ messages of the contract, pure functions."""

from collections.abc import Sequence

from yuqing.scoring.v1 import scoring_pb2
from yuqing_scoring.domain.labels.labeller import OFFENSIVE, LabelReason, LabelSpan
from yuqing_scoring.domain.labels.text_labels import Aspect, FocusArea, Intent, Sensitivity
from yuqing_scoring.label_wire import ASPECTS, FOCUS_AREAS, INTENTS, SENSITIVITIES

MOST_SPANS = 20
"""Spans told of a field; what is left over is added to the rest."""


def explained_labels(reasons: Sequence[LabelReason], text_starts: int, request: scoring_pb2.ExplainScoreRequest) -> list[scoring_pb2.ExplainedLabel]:
    """The reasons, their spans sorted into those of the title and those of the text, which begins at `text_starts`."""
    return [_explained(reason, text_starts, request) for reason in reasons]


def _explained(reason: LabelReason, text_starts: int, request: scoring_pb2.ExplainScoreRequest) -> scoring_pb2.ExplainedLabel:
    of_title = [span for span in reason.spans if span.start < text_starts][:MOST_SPANS]
    of_text = [span for span in reason.spans if span.start >= text_starts][:MOST_SPANS]
    told = sum(span.weight for span in (*of_title, *of_text))
    message = scoring_pb2.ExplainedLabel(
        probability=reason.probability,
        title_spans=[_span(span, 0, len(request.title)) for span in of_title],
        text_spans=[_span(span, text_starts, len(request.text)) for span in of_text],
        rest=reason.logit - told,
        logit=reason.logit,
    )
    match reason.label:
        case Intent():
            message.intent = INTENTS[reason.label]
        case Aspect():
            message.aspect = ASPECTS[reason.label]
        case FocusArea():
            message.focus_area = FOCUS_AREAS[reason.label]
        case Sensitivity():
            message.sensitivity = SENSITIVITIES[reason.label]
        case _:
            message.offensive = reason.label == OFFENSIVE
    return message


def _span(span: LabelSpan, offset: int, length: int) -> scoring_pb2.LabelSpan:
    return scoring_pb2.LabelSpan(start=span.start - offset, end=min(span.end - offset, length), weight=span.weight, rule=span.rule)
