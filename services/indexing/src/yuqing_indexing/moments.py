"""Moments as the contract has them, and back; pure functions."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(timestamp: Timestamp) -> datetime:
    """The moment to the millisecond, which is what the index keeps."""
    return _EPOCH + timedelta(0, timestamp.seconds, 0, timestamp.nanos // 1_000_000)


def timestamp_of(moment: datetime) -> Timestamp:
    """The moment as the contract has it."""
    timestamp = Timestamp()
    write_moment(timestamp, moment)
    return timestamp


def write_moment(timestamp: Timestamp, moment: datetime) -> None:
    """Writes the moment into an empty message."""
    since = moment - _EPOCH
    timestamp.seconds, timestamp.nanos = since.days * 86_400 + since.seconds, since.microseconds * 1_000
