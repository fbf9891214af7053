"""A call as the table of request ids knows it."""

from typing import Any

from yuqing_runtime.access import current_caller
from yuqing_runtime.idempotency import Attempt


def attempt_of(request: Any) -> Attempt:
    """The caller's attempt at a request that has a `request_id`."""
    body = request.SerializeToString(deterministic=True)
    return Attempt.of(current_caller().principal, type(request).__name__, request_id=request.request_id, body=body)
