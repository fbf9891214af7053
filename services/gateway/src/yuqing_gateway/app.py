"""The REST application: routes of the contracts, accounts, pages; everything else is refused."""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import fastapi_offline
import grpc.aio
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from grpc_health.v1 import health_pb2

from yuqing_gateway.accounts.accounts import Accounts
from yuqing_gateway.accounts.oidc import Oidc
from yuqing_gateway.rest import problems
from yuqing_gateway.rest.accounts import COOKIE, Authenticator, accounts_router, oidc_router
from yuqing_gateway.rest.calls import ChannelTo
from yuqing_gateway.rest.limits import Limits, RateLimits
from yuqing_gateway.rest.problems import MEDIA_TYPE
from yuqing_gateway.rest.routes import build_router, reply_schemas, tags
from yuqing_gateway.settings import Settings
from yuqing_runtime.settings import UnknownPeer

_TITLE = "Yuqing 舆情"
_OPEN_PATHS = frozenset({"/v1/sessions", "/v1/oidc/login", "/v1/oidc/callback"})
_PEERS = ("crawler", "indexing", "scoring")
_HEALTH_SECONDS = 2.0
_DESCRIPTION = """What the public says about the organisation: found, judged, searched.

Sign in with `POST /v1/sessions`, or use an API token; both go into `Authorization: Bearer …`. Errors are `application/problem+json` (RFC 9457).
`requestId` makes a change repeatable: the same id has its effect once within 24 hours.
登录后用 Bearer 令牌调用；错误一律为 problem+json；带同一 requestId 的请求只生效一次。"""


@dataclass(frozen=True)
class Parts:
    """What the application is made of."""

    settings: Settings
    accounts: Accounts
    channel_to: ChannelTo
    oidc: Oidc | None = None


def build_app(parts: Parts) -> FastAPI:
    """The application."""
    app = FastAPI(title=_TITLE, version="1", description=_DESCRIPTION, docs_url=None, redoc_url=None, openapi_tags=_tags())
    authenticator = app.state.authenticator = Authenticator(parts.accounts)
    # Before the contracts: `people/x:setPassword` is a custom method too.
    app.include_router(accounts_router(parts.accounts, authenticator, secure_cookies=parts.settings.secure_cookies))
    if parts.oidc is not None:
        app.include_router(oidc_router(parts.accounts, parts.oidc, secure_cookies=parts.settings.secure_cookies))
    app.include_router(build_router(authenticator.caller, parts.channel_to))
    _add_pages(app, parts.channel_to)
    problems.install(app)
    _add_middleware(app, parts.settings)
    _complete_openapi(app)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    if settings.allowed_origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(settings.allowed_origins), allow_methods=["*"], allow_headers=["*"])
    rates = RateLimits(per_second=settings.requests_per_second, burst=settings.requests_burst)
    app.add_middleware(Limits, rates=rates, largest_request_bytes=settings.largest_request_bytes)


def _add_pages(app: FastAPI, channel_to: ChannelTo) -> None:
    own = Path(__file__).parent / "pages"
    page = (own / "api.html").read_text(encoding="utf-8")
    app.mount("/pages/own", StaticFiles(directory=own))
    app.mount("/pages/swagger", StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"))

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse("/docs")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(page)

    @app.get("/healthz", include_in_schema=False)
    async def health() -> Response:
        peers = {peer: await _serving(channel_to, peer) for peer in _PEERS}
        return JSONResponse({"status": "serving", "peers": peers}, HTTPStatus.OK)


async def _serving(channel_to: ChannelTo, peer: str) -> bool:
    try:
        channel = channel_to(peer)
    except UnknownPeer:
        return False
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    try:
        reply = await check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
    except grpc.aio.AioRpcError:
        return False
    return reply.status == health_pb2.HealthCheckResponse.SERVING


def _tags() -> list[dict[str, str]]:
    return [{"name": "Account", "description": "Signing in, the own account, API tokens. 登录与令牌"}, *tags()]


def _complete_openapi(app: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags)
            app.openapi_schema = _completed(made)
        return app.openapi_schema

    app.openapi = openapi


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}, "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE}}
    schema.setdefault("components", {})["securitySchemes"] = schemes
    schemas = schema["components"].setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(reply_schemas())
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["security"] = [] if path in _OPEN_PATHS else [{"bearer": []}, {"cookie": []}]
            _only_problems(operation["responses"])
    return schema


def _only_problems(responses: dict[str, dict[str, Any]]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if status.startswith(("4", "5")) and MEDIA_TYPE in content:
            content[MEDIA_TYPE] = content.pop("application/json", content[MEDIA_TYPE])
