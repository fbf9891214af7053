"""What may go wrong in a use case, by name: domain code raises these, one interceptor turns them into rich status (errors on the wire)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import grpc


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field of a request that breaks a rule: `field` is its path in the request (`source.parameters.next_page`), `description` says why."""

    field: str
    description: str


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal that the caller learns about. `reason` is an UPPER_SNAKE_CASE constant that programs may compare; `message` is for people."""

    message: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    violations: Sequence[FieldViolation] = ()

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    default_reason: ClassVar[str] = "REFUSED"

    def __post_init__(self) -> None:
        super().__init__(self.message)
        self.reason = self.reason or self.default_reason

    def __str__(self) -> str:
        return self.message


class InvalidArgument(DomainError):
    """The request breaks a rule whatever the state is."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    default_reason = "INVALID_ARGUMENT"

    @classmethod
    def of(cls, name: str, description: str, *, reason: str = "") -> "InvalidArgument":
        """The refusal of one field."""
        return cls(f"{name}: {description}", reason=reason, violations=(FieldViolation(name, description),))


class NotFound(DomainError):
    """The named resource is not there, or the caller may not know that it is."""

    code = grpc.StatusCode.NOT_FOUND
    default_reason = "NOT_FOUND"


class AlreadyExists(DomainError):
    """What should be created is there already."""

    code = grpc.StatusCode.ALREADY_EXISTS
    default_reason = "ALREADY_EXISTS"


class FailedPrecondition(DomainError):
    """The state of the resource does not allow it; another state would."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "FAILED_PRECONDITION"


class Aborted(DomainError):
    """Somebody else changed it meanwhile (an `etag` that is no longer the present one): read again, then repeat."""

    code = grpc.StatusCode.ABORTED
    default_reason = "CONCURRENT_CHANGE"


class OutOfRange(DomainError):
    """A position that no longer exists, such as a trimmed sequence or an expired point in time."""

    code = grpc.StatusCode.OUT_OF_RANGE
    default_reason = "OUT_OF_RANGE"


class PermissionDenied(DomainError):
    """Who calls is known, and may not."""

    code = grpc.StatusCode.PERMISSION_DENIED
    default_reason = "PERMISSION_DENIED"


class Unauthenticated(DomainError):
    """Who calls is not known, or the proof has expired."""

    code = grpc.StatusCode.UNAUTHENTICATED
    default_reason = "UNAUTHENTICATED"


class ResourceExhausted(DomainError):
    """A limit is reached: too many, too large, too often."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = "RESOURCE_EXHAUSTED"


class Unavailable(DomainError):
    """Something that this needs is away for now; the same call may succeed later."""

    code = grpc.StatusCode.UNAVAILABLE
    default_reason = "UNAVAILABLE"
