"""Who calls, and whether the contract lets them: the rule stands at the RPC, and every service checks it itself."""

from contextvars import ContextVar
from dataclasses import dataclass

from yuqing.access.v1 import access_pb2
from yuqing_protos.calls import may_call
from yuqing_protos.contract import Method
from yuqing_runtime.errors import PermissionDenied, Unauthenticated
from yuqing_runtime.tokens import PersonClaims, TokenVerifier

SERVICE_TOKEN_KEY = "authorization"  # noqa: S105 # the name of a header
PERSON_TOKEN_KEY = "yuqing-person"  # noqa: S105 # the name of a header


@dataclass(frozen=True, slots=True)
class Caller:
    """The calling service, and the person for whom it calls."""

    service: str
    person: PersonClaims | None = None
    person_token: str = ""

    @property
    def principal(self) -> str:
        """`people/{person}`, or `services/{service}` where no person acts: the name in audit records and idempotency."""
        return self.person.name if self.person else f"services/{self.service}"

    def require_person(self) -> PersonClaims:
        """The person; raises Unauthenticated where none acts."""
        if self.person is None:
            raise Unauthenticated("a person must act here", reason="PERSON_MISSING")
        return self.person


_caller: ContextVar[Caller] = ContextVar("yuqing_caller")


def current_caller() -> Caller:
    """The caller of the RPC that runs; raises Unauthenticated outside of one."""
    try:
        return _caller.get()
    except LookupError:
        raise Unauthenticated("no caller is known here", reason="CALLER_MISSING") from None


def caller_or_none() -> Caller | None:
    """The caller of the RPC that runs, or None outside of one."""
    return _caller.get(None)


def set_caller(caller: Caller) -> None:
    """Names the caller for the rest of this task; interceptors and the gateway do."""
    _caller.set(caller)


def authenticate(verifier: TokenVerifier, method: Method, metadata: dict[str, str]) -> Caller:
    """The caller by the tokens of the call; raises Unauthenticated."""
    scheme, _, token = metadata.get(SERVICE_TOKEN_KEY, "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("a service token is missing", reason="TOKEN_MISSING")
    service = verifier.service(token, audience=method.service, method=method.path)
    person_token = metadata.get(PERSON_TOKEN_KEY, "")
    return Caller(service, verifier.person(person_token) if person_token else None, person_token)


def authorize(method: Method, caller: Caller) -> None:
    """Checks the rule of the RPC; raises PermissionDenied or Unauthenticated."""
    if not may_call(caller.service, method.service):
        raise PermissionDenied(f"{caller.service} may not call {method.service}", reason="SERVICE_NOT_ALLOWED")
    match method.rule.WhichOneof("audience"):
        case "internal":
            if caller.service not in method.rule.internal.callers:
                raise PermissionDenied(f"{caller.service} may not call {method.path}", reason="SERVICE_NOT_ALLOWED")
        case "people":
            authorize_person(method, caller.require_person())
        case None:
            raise PermissionDenied(f"{method.path} has no access rule", reason="RULE_MISSING")


def authorize_person(method: Method, person: PersonClaims) -> None:
    """Checks roles and, for API tokens, the scope; raises PermissionDenied."""
    if not person.roles.intersection(method.rule.people.any_of):
        wanted = ", ".join(access_pb2.Role.Name(role) for role in method.rule.people.any_of)
        raise PermissionDenied(f"this needs one of the roles {wanted}", reason="ROLE_MISSING")
    if person.scopes is not None and method.scope not in person.scopes:
        raise PermissionDenied(f"the token lacks the scope {method.scope}", reason="SCOPE_MISSING", metadata={"scope": method.scope})
