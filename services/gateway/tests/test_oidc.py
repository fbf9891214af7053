"""The sign-in through an identity provider, against a small provider of the tests' own on the loopback interface."""

import asyncio
import base64
import hashlib
import time
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from yuqing_gateway.accounts.accounts import Accounts
from yuqing_gateway.accounts.oidc import Oidc, OidcClient
from yuqing_gateway.accounts.passwords import Passwords
from yuqing_gateway.app import Parts, build_app
from yuqing_gateway.settings import Settings
from yuqing_testkit.services import Town


@dataclass
class Provider:
    """Signs what the test tells it to."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    signing_key: RSAKey | None = None
    claims: dict = field(default_factory=dict)
    challenge: str = ""

    async def configuration(self, request):
        urls = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return JSONResponse({"issuer": self.issuer, **{name: self.issuer + path for name, path in urls.items()}})

    async def keys(self, request):
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def token(self, request):
        form = parse_qs((await request.body()).decode())
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"iss": self.issuer, "aud": "yuqing", "exp": int(time.time()) + 60, **self.claims}
        signed = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.signing_key or self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})


@asynccontextmanager
async def serving(port, provider):
    routes = [
        Route("/.well-known/openid-configuration", provider.configuration),
        Route("/keys", provider.keys),
        Route("/token", provider.token, methods=["POST"]),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_config=None, lifespan="off"))
    server.capture_signals = nullcontext
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


@pytest.fixture
async def provider(free_port):
    provider = Provider(f"http://127.0.0.1:{free_port}")
    async with serving(free_port, provider):
        yield provider


@pytest.fixture
async def browser(gateway, provider, tmp_path):
    client = OidcClient(provider.issuer, "yuqing", "secret", "http://gateway.test/v1/oidc/callback")
    oidc = Oidc(client, gateway.database, key=b"k" * 32)
    accounts = Accounts(gateway.database, Town(tmp_path / "oidc-keys").identity("gateway"), Passwords())
    app = build_app(Parts(Settings(), accounts, lambda service: None, oidc))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as browser:
        admin = await gateway.signed_in("admin")
        await admin.patch("/v1/people/wang-fang?updateMask=email", json={"email": "wang@example.com"})
        yield browser


async def begin(browser, provider):
    away = await browser.get("/v1/oidc/login")
    assert away.status_code == 302
    query = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert query["code_challenge_method"] == "S256"
    provider.challenge = query["code_challenge"]
    provider.claims = {"sub": "1", "nonce": query["nonce"], "email": "wang@example.com"}
    return query["state"]


async def test_the_person_with_the_email_is_signed_in(browser, provider):
    state = await begin(browser, provider)
    back = await browser.get("/v1/oidc/callback", params={"code": "c", "state": state})
    assert (back.status_code, back.headers["location"]) == (302, "/")
    assert (await browser.get("/v1/me")).json()["name"] == "people/wang-fang"


@pytest.mark.parametrize(
    ("claims", "status", "reason"),
    [
        ({"nonce": "another"}, 401, "OIDC_ANSWER"),
        ({"aud": "somebody else"}, 401, "OIDC_ANSWER"),
        ({"iss": "http://evil.test"}, 401, "OIDC_ANSWER"),
        ({"exp": 1}, 401, "OIDC_ANSWER"),
        ({"email": "nobody@example.com"}, 403, "OIDC_PERSON"),
        ({"email_verified": False}, 403, "OIDC_EMAIL"),
    ],
)
async def test_nobody_is_signed_in_when_the_answer_is_not_right(browser, provider, claims, status, reason):
    state = await begin(browser, provider)
    provider.claims |= claims
    back = await browser.get("/v1/oidc/callback", params={"code": "c", "state": state})
    assert (back.status_code, back.json()["reason"]) == (status, reason)
    assert (await browser.get("/v1/me")).status_code == 401


async def test_nobody_is_signed_in_when_another_key_signed(browser, provider):
    state = await begin(browser, provider)
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "k1"})
    back = await browser.get("/v1/oidc/callback", params={"code": "c", "state": state})
    assert (back.status_code, back.json()["reason"]) == (401, "OIDC_ANSWER")


async def test_nobody_is_signed_in_when_the_flow_began_elsewhere(browser, provider):
    state = await begin(browser, provider)
    browser.cookies.clear()
    back = await browser.get("/v1/oidc/callback", params={"code": "c", "state": state})
    assert (back.status_code, back.json()["reason"]) == (401, "OIDC_STATE")


async def test_it_is_said_when_the_provider_is_away(gateway, tmp_path):
    oidc = Oidc(OidcClient("http://127.0.0.1:1", "yuqing", "", ""), gateway.database, key=b"k" * 32)
    accounts = Accounts(gateway.database, Town(tmp_path / "oidc-keys").identity("gateway"), Passwords())
    app = build_app(Parts(Settings(), accounts, lambda service: None, oidc))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as browser:
        reply = await browser.get("/v1/oidc/login")
    assert (reply.status_code, reply.json()["reason"]) == (503, "OIDC_UNAVAILABLE")
