"""What every change of the directory has in common: request id, etag, mask, audit record, feed."""

from collections.abc import Collection

from google.protobuf.message import Message

from yuqing_runtime.access import current_caller
from yuqing_runtime.errors import Aborted
from yuqing_runtime.idempotency import Attempt


def attempt_of(method: str, request: Message, request_id: str) -> Attempt:
    """The call as idempotency knows it."""
    return Attempt.of(current_caller().principal, method, request_id=request_id, body=request.SerializeToString(deterministic=True))


def check_etag(given: str, version: int) -> None:
    """Raises Aborted where the caller read an older version."""
    if given and given != str(version):
        raise Aborted("it was changed meanwhile: read it again", reason="ETAG_MISMATCH")


def masked(paths: Collection[str], resource: Message) -> frozenset[str]:
    """The fields that an update changes: those of the mask, or all that are set."""
    return frozenset(paths) or frozenset(field.name for field, _ in resource.ListFields())
