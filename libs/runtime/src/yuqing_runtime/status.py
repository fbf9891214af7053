"""Between domain errors and google.rpc.Status: what a refusal looks like on the wire, and reading one back."""

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from yuqing_runtime import errors
from yuqing_runtime.errors import DomainError, FieldViolation

STATUS_KEY = "grpc-status-details-bin"
ERROR_DOMAIN = "yuqing"

_ERRORS: dict[grpc.StatusCode, type[DomainError]] = {
    error.code: error
    for error in (
        errors.InvalidArgument,
        errors.NotFound,
        errors.AlreadyExists,
        errors.FailedPrecondition,
        errors.Aborted,
        errors.OutOfRange,
        errors.PermissionDenied,
        errors.Unauthenticated,
        errors.ResourceExhausted,
        errors.Unavailable,
    )
}
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def status_of(error: DomainError) -> status_pb2.Status:
    """The status with ErrorInfo, and BadRequest where fields are named."""
    status = status_pb2.Status(code=error.code.value[0], message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN, metadata=dict(error.metadata))
    status.details.append(_packed(info))
    if error.violations:
        bad = error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=violation.field, description=violation.description)
                for violation in error.violations
            ]
        )
        status.details.append(_packed(bad))
    return status


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def refusal(error: grpc.aio.AioRpcError) -> DomainError | None:
    """The domain error that a peer raised, read back from the status; None where the failure was not one of those."""
    status = _status(error)
    if status is None:
        return None
    kind = _ERRORS.get(_CODES[status.code])
    if kind is None:
        return None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        # Unpack says whether the detail is of the message's type.
        _ = detail.Unpack(info) or detail.Unpack(bad)
    violations = tuple(FieldViolation(each.field, each.description) for each in bad.field_violations)
    return kind(status.message, reason=info.reason, metadata=dict(info.metadata), violations=violations)


def _status(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_KEY and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    return None
