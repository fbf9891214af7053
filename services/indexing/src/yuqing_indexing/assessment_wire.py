"""Influence, risk and speed as messages of the contract; pure functions."""

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from yuqing.indexing.v1 import assessment_pb2, influence_pb2, mention_pb2
from yuqing_indexing.domain.assessing import Explained
from yuqing_indexing.domain.document import Assessment
from yuqing_indexing.domain.speed import Speed
from yuqing_indexing.domain.weights import Part
from yuqing_indexing.names import INFLUENCE_FACTOR, RISK_FACTOR


def write_assessment(message: mention_pb2.Mention, assessment: Assessment) -> None:
    """Writes the scores alone into a mention that has none yet."""
    message.influence.score = assessment.influence
    message.influence.version = assessment.version
    message.risk.score = assessment.risk
    message.risk.version = assessment.version


def write_parts(message: mention_pb2.Mention, explained: Explained) -> None:
    """Writes the scores with all their parts."""
    message.influence.CopyFrom(influence_message(explained))
    message.risk.CopyFrom(risk_message(explained))


def influence_message(explained: Explained) -> assessment_pb2.Influence:
    """The influence with its parts."""
    parts = [assessment_pb2.InfluencePart(factor=INFLUENCE_FACTOR.number(part.factor), **_told(part)) for part in explained.influence]
    return assessment_pb2.Influence(score=explained.assessment.influence, version=explained.assessment.version, parts=parts)


def risk_message(explained: Explained) -> assessment_pb2.Risk:
    """The risk with its parts."""
    parts = [assessment_pb2.RiskPart(factor=RISK_FACTOR.number(part.factor), **_told(part)) for part in explained.risk]
    return assessment_pb2.Risk(score=explained.assessment.risk, version=explained.assessment.version, parts=parts)


def _told(part: Part) -> dict[str, Any]:
    """What the parts of both scores have alike."""
    return {name: getattr(part, name) for name in ("weight", "value", "points", "measured", "formula")}


def speed_message(speed: Speed) -> influence_pb2.Speed:
    """What is known of a speed."""
    return influence_pb2.Speed(
        per_hour=speed.now,
        per_hour_before=speed.before,
        trend=influence_pb2.Trend.Value(f"TREND_{speed.trend.value}") if speed.trend else influence_pb2.TREND_UNSPECIFIED,
        per_hour_since_publication=speed.since_publication,
        spans=[
            influence_pb2.SpeedSpan(start_time=_timestamp(span.start), end_time=_timestamp(span.end), size=span.size, per_hour=span.per_hour)
            for span in speed.spans
        ],
    )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
