"""Signing in through the organisation's identity provider (OpenID Connect, code flow with PKCE); off unless an issuer is set."""

import base64
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final, cast

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx import AsyncClient, HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from yuqing_gateway.domain.directory import Person
from yuqing_gateway.store import directory as store
from yuqing_runtime.database import Database
from yuqing_runtime.errors import PermissionDenied, Unauthenticated, Unavailable

_FLOW_SECONDS: Final = 600
_HTTP_SECONDS: Final = 10.0
_ALGORITHMS: Final = ("RS256", "ES256", "PS256", "EdDSA")


@dataclass(frozen=True)
class OidcClient:
    """How this installation is known to the provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str


@dataclass(frozen=True)
class _Flow:
    """What the browser brings back: kept in a signed cookie, so that nothing is kept here for those who never return."""

    state: str
    nonce: str
    verifier: str
    until: float


@dataclass(frozen=True)
class Departure:
    """Where to send the browser, and the cookie to give it."""

    location: str
    cookie: str


class Oidc:
    """The flow: `begin`, and `finish` when the browser comes back."""

    def __init__(self, client: OidcClient, database: Database, *, key: bytes) -> None:
        self._client = client
        self._database = database
        self._key = key

    async def begin(self) -> Departure:
        """Starts a sign-in; raises Unavailable where the provider does not answer."""
        flow = _Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), time.time() + _FLOW_SECONDS)
        endpoint = str((await self._metadata())["authorization_endpoint"])
        async with self._oauth() as oauth:
            location, _state = oauth.create_authorization_url(endpoint, state=flow.state, nonce=flow.nonce, code_verifier=flow.verifier)
        return Departure(str(location), self._seal(flow))

    async def finish(self, *, code: str, state: str, cookie: str) -> Person:
        """The person that the provider names; raises Unauthenticated, PermissionDenied, Unavailable."""
        flow = self._open(cookie)
        if not hmac.compare_digest(flow.state, state):
            raise Unauthenticated("the sign-in was not begun in this browser", reason="OIDC_STATE")
        claims = await self._claims(code, flow)
        email = str(claims.get("email", ""))
        if not email or claims.get("email_verified") is False:
            raise PermissionDenied("the identity provider names no confirmed email address", reason="OIDC_EMAIL")
        async with self._database.read() as connection:
            person = await store.find_email(connection, email)
        if person is None or person.disabled:
            raise PermissionDenied("nobody in the directory has this email address", reason="OIDC_PERSON")
        return person

    async def _claims(self, code: str, flow: _Flow) -> dict[str, Any]:
        metadata = await self._metadata()
        try:
            async with self._oauth() as oauth:
                token = await oauth.fetch_token(str(metadata["token_endpoint"]), code=code, code_verifier=flow.verifier)
            keys = KeySet.import_key_set(cast("KeySetSerialization", await _fetch(str(metadata["jwks_uri"]))))
            decoded = jwt.decode(str(cast("dict[str, Any]", token)["id_token"]), keys, algorithms=list(_ALGORITHMS))
            registry = jwt.JWTClaimsRegistry(
                leeway=30,
                iss={"essential": True, "value": self._client.issuer},
                aud={"essential": True, "value": self._client.client_id},
                exp={"essential": True},
                nonce={"essential": True, "value": flow.nonce},
            )
            registry.validate(decoded.claims)
        except (OAuthError, JoseError, KeyError, ValueError) as error:
            raise Unauthenticated(f"the identity provider's answer is not valid: {error}", reason="OIDC_ANSWER") from error
        except HTTPError as error:
            raise Unavailable("the identity provider does not answer", reason="OIDC_UNAVAILABLE") from error
        return decoded.claims

    def _oauth(self) -> Any:  # authlib's client carries no types
        return AsyncOAuth2Client(
            self._client.client_id,
            self._client.client_secret,
            scope="openid email",
            redirect_uri=self._client.redirect_url,
            code_challenge_method="S256",
            timeout=_HTTP_SECONDS,
        )

    async def _metadata(self) -> dict[str, Any]:
        found = await _fetch(f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._client.issuer:
            raise Unauthenticated("the identity provider calls itself by another name", reason="OIDC_ISSUER")
        return found

    def _seal(self, flow: _Flow) -> str:
        content = base64.urlsafe_b64encode(json.dumps(asdict(flow)).encode())
        return f"{content.decode()}.{hmac.new(self._key, content, sha256).hexdigest()}"

    def _open(self, cookie: str) -> _Flow:
        content, _, signature = cookie.partition(".")
        if not hmac.compare_digest(hmac.new(self._key, content.encode(), sha256).hexdigest(), signature):
            raise Unauthenticated("the sign-in was not begun in this browser", reason="OIDC_STATE")
        flow = _Flow(**json.loads(base64.urlsafe_b64decode(content)))
        if flow.until < time.time():
            raise Unauthenticated("the sign-in took too long: begin again", reason="OIDC_EXPIRED")
        return flow


async def _fetch(url: str) -> dict[str, Any]:
    try:
        async with AsyncClient(timeout=_HTTP_SECONDS) as client:
            reply = await client.get(url)
            reply.raise_for_status()
            return reply.json()
    except (HTTPError, ValueError) as error:
        raise Unavailable("the identity provider does not answer", reason="OIDC_UNAVAILABLE") from error
