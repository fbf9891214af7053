"""Tokens that calls carry: who calls (a service, for 60 seconds and one method), and for which person (signed by the gateway)."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import jwt

from yuqing.access.v1 import access_pb2
from yuqing_runtime.errors import Unauthenticated
from yuqing_runtime.keys import Identity, PublicKeys

SERVICE_TOKEN_SECONDS: Final = 60
SKEW_SECONDS: Final = 30
PERSON_AUDIENCE: Final = "yuqing.person"
# Signing costs more than a small call: a token is used again for the first half of its life.
_REUSE_SECONDS: Final = SERVICE_TOKEN_SECONDS / 2
_REMEMBERED_TOKENS: Final = 10_000


@dataclass(frozen=True, slots=True)
class PersonClaims:
    """The person for whom a call is made. `scopes` is None for a session, which may do all that its person may."""

    name: str
    display_name: str = ""
    memberships: Mapping[str, frozenset["access_pb2.Role.ValueType"]] = field(default_factory=dict[str, frozenset["access_pb2.Role.ValueType"]])
    scopes: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset["access_pb2.Role.ValueType"]:
        """Every role that the person has somewhere; each person is an employee."""
        return frozenset({access_pb2.ROLE_EMPLOYEE}).union(*self.memberships.values())

    @property
    def departments(self) -> frozenset[str]:
        return frozenset(self.memberships)


class ServiceTokens:
    """Issues the service's tokens."""

    def __init__(self, identity: Identity, *, clock: Callable[[], float] = time.time) -> None:
        self._identity = identity
        self._clock = clock
        self._issued: dict[tuple[str, str], tuple[float, str]] = {}

    def issue(self, audience: str, method: str) -> str:
        """A token for one method (`/package.Service/Method`) of the service `audience`."""
        now = self._clock()
        issued_at, token = self._issued.get((audience, method), (0.0, ""))
        if now - issued_at >= _REUSE_SECONDS or now < issued_at:
            token = _sign(self._identity, {"aud": audience, "method": method, "iat": int(now), "exp": int(now) + SERVICE_TOKEN_SECONDS})
            self._issued[audience, method] = (now, token)
        return token


def issue_person_token(identity: Identity, person: PersonClaims, *, lifetime_seconds: int = 60, clock: Callable[[], float] = time.time) -> str:
    """The gateway's word on who acts; every service passes it on unchanged."""
    now = int(clock())
    claims: dict[str, Any] = {
        "aud": PERSON_AUDIENCE,
        "sub": person.name,
        "name": person.display_name,
        "memberships": {department: sorted(access_pb2.Role.Name(role) for role in roles) for department, roles in person.memberships.items()},
        "iat": now,
        "exp": now + lifetime_seconds,
    }
    if person.scopes is not None:
        claims["scopes"] = sorted(person.scopes)
    return _sign(identity, claims)


def _sign(identity: Identity, claims: dict[str, Any]) -> str:
    return jwt.encode({"iss": identity.service, **claims}, identity.private_key, algorithm="EdDSA", headers={"kid": identity.key_id})


class TokenVerifier:
    """Verifies both kinds of token against the public keys; verified ones are remembered until they expire."""

    def __init__(self, public_keys: PublicKeys, *, person_issuer: str = "gateway", clock: Callable[[], float] = time.time) -> None:
        self._public_keys = public_keys
        self._person_issuer = person_issuer
        self._clock = clock
        self._verified: OrderedDict[tuple[str, str], Mapping[str, Any]] = OrderedDict()

    def service(self, token: str, *, audience: str, method: str) -> str:
        """The calling service's name; raises Unauthenticated."""
        claims = self._claims(token, audience)
        if claims.get("method") != method:
            raise Unauthenticated("the service token is for another method", reason="TOKEN_METHOD")
        return str(claims["iss"])

    def person(self, token: str) -> PersonClaims:
        """The acting person; raises Unauthenticated."""
        claims = self._claims(token, PERSON_AUDIENCE)
        if claims["iss"] != self._person_issuer:
            raise Unauthenticated("a person token comes from the gateway alone", reason="TOKEN_ISSUER")
        memberships = cast("Mapping[str, Sequence[str]]", claims.get("memberships", {}))
        scopes = cast("Sequence[str] | None", claims.get("scopes"))
        return PersonClaims(
            name=str(claims["sub"]),
            display_name=str(claims.get("name", "")),
            memberships={department: _roles(names) for department, names in memberships.items()},
            scopes=None if scopes is None else frozenset(scopes),
        )

    def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        known = self._verified.get((token, audience))
        if known is None:
            known = self._verify(token, audience)
            self._verified[token, audience] = known
            if len(self._verified) > _REMEMBERED_TOKENS:
                self._verified.popitem(last=False)
        now = self._clock()
        if now > known["exp"] + SKEW_SECONDS:
            raise Unauthenticated("the token has expired", reason="TOKEN_EXPIRED")
        if known["iat"] > now + SKEW_SECONDS:
            raise Unauthenticated("the token is from the future", reason="TOKEN_NOT_YET")
        return known

    def _verify(self, token: str, audience: str) -> Mapping[str, Any]:
        try:
            unverified = jwt.decode_complete(token, options={"verify_signature": False})
            issuer, key = str(unverified["payload"].get("iss", "")), str(unverified["header"].get("kid", ""))
            public_key = self._public_keys.find(issuer, key)
            if public_key is None:
                raise Unauthenticated(f"no public key {key} of {issuer or 'nobody'}", reason="TOKEN_KEY")
            # Expiry is checked by our own clock at every use, not only at the first.
            options = {"require": ["iss", "aud", "iat", "exp"], "verify_exp": False, "verify_iat": False}
            return jwt.decode(token, public_key, algorithms=["EdDSA"], audience=audience, options=options)  # pyright: ignore[reportArgumentType] # plain dict of the options' names
        except jwt.InvalidTokenError as error:
            raise Unauthenticated(f"the token is not valid: {error}", reason="TOKEN_INVALID") from error


def _roles(names: Sequence[str]) -> frozenset["access_pb2.Role.ValueType"]:
    known = access_pb2.Role.keys()
    return frozenset(access_pb2.Role.Value(name) for name in names if name in known)
