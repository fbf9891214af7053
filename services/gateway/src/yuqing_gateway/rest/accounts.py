"""The routes written by hand: signing in and out, the own account, API tokens."""

from datetime import UTC
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from yuqing.access.v1 import access_pb2
from yuqing_gateway.accounts.accounts import Accounts
from yuqing_gateway.accounts.oidc import Oidc
from yuqing_gateway.domain.credentials import LONGEST_PASSWORD
from yuqing_gateway.domain.directory import Person
from yuqing_gateway.rest.models import NO_NUL, Timestamp
from yuqing_gateway.rest.problems import MEDIA_TYPE, Problem
from yuqing_gateway.store.accounts import ApiToken
from yuqing_protos.contract import methods
from yuqing_runtime.access import Caller
from yuqing_runtime.errors import PermissionDenied, Unauthenticated

COOKIE: Final = "yuqing_session"
_ADMIN: Final = access_pb2.Role.Name(access_pb2.ROLE_ADMIN)
SCOPES: Final = tuple(sorted({method.scope for method in methods() if not method.internal}))
_FLOW_COOKIE: Final = "yuqing_oidc"
_FLOW_SECONDS: Final = 600
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "content": {MEDIA_TYPE: {}}} for status in (400, 401, 403, 404, 409, 429, 503)
}


def _known(scope: str) -> str:
    if scope not in SCOPES:
        raise PydanticCustomError("scope", "there is no such scope; there are {scopes}", {"scopes": ", ".join(SCOPES)})
    return scope


Scope = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [*SCOPES]})]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class _View(_Body):
    model_config = ConfigDict(validate_by_name=True)


class SignIn(_Body):
    """What a person signs in with."""

    login: str = Field(min_length=1, max_length=40, pattern=NO_NUL, examples=["zhang.min"])
    password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)


class PasswordChange(_Body):
    """A new password, with the present one."""

    old_password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)
    new_password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)


class PasswordSetting(_Body):
    """A first password, to be changed by its owner."""

    password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)


class MembershipView(_View):
    """A place in a department."""

    department: str
    roles: list[str]


class Me(_View):
    """Who is signed in."""

    name: str = Field(description="`people/{person}`")
    login: str
    display_name: str
    memberships: list[MembershipView]
    scopes: list[str] | None = Field(description="Of an API token; null for a session, which may do all that its person may.")


class Session(_View):
    """A session; its token goes into `Authorization: Bearer`."""

    session_token: str
    expire_time: AwareDatetime
    person: Me
    must_change_password: bool


class NewApiToken(_Body):
    """A token for a program."""

    display_name: str = Field(min_length=1, max_length=100, pattern=NO_NUL, examples=["大屏"])
    scopes: list[Scope] = Field(min_length=1, max_length=20, examples=[["indexing.read"]])
    expire_time: Timestamp | None = Field(default=None, description="Within 366 days; 90 days from now where absent.")


class ApiTokenView(_View):
    """A token, without its secret."""

    name: str
    display_name: str
    scopes: list[str]
    create_time: AwareDatetime
    expire_time: AwareDatetime


class MadeApiToken(ApiTokenView):
    """A new token; the secret is not shown again."""

    token: str


class ApiTokenList(_View):
    """The caller's tokens."""

    api_tokens: list[ApiTokenView]


class Authenticator:
    """Finds out who asks, by bearer token or by the session cookie."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def caller(self, request: Request) -> Caller:
        """The caller of a request; raises Unauthenticated, or PermissionDenied for a cookie that another site's page sent."""
        caller, person = await self._accounts.caller_of(bearer_or_cookie(request))
        request.state.person = person
        return caller

    async def person(self, request: Request) -> Person:
        """The person of a request, signed in: an API token must not make another token or change a password, whatever its scopes are."""
        caller = await self.caller(request)
        if caller.require_person().scopes is not None:
            raise PermissionDenied("an API token may not do this: sign in", reason="SESSION_NEEDED")
        return request.state.person


async def _signed_in(request: Request) -> Person:
    return await request.app.state.authenticator.person(request)


SignedInPerson = Annotated[Person, Depends(_signed_in)]
"""The person of the request; the application keeps its Authenticator in `app.state.authenticator`."""


def _administrator(person: SignedInPerson) -> Person:
    if _ADMIN not in {role for roles in person.memberships.values() for role in roles}:
        raise PermissionDenied(f"this needs the role {_ADMIN}", reason="ROLE_MISSING")
    return person


Administrator = Annotated[Person, Depends(_administrator)]


def bearer_or_cookie(request: Request) -> str:
    """The token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Unauthenticated("sign in first: a session or API token is missing", reason="TOKEN_MISSING")
    if request.method not in _SAFE_METHODS and not _same_site(request):
        raise PermissionDenied("a page of another site may not act for you", reason="CROSS_SITE")
    return cookie


def _same_site(request: Request) -> bool:
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host", "")


def accounts_router(accounts: Accounts, authenticator: Authenticator, *, secure_cookies: bool) -> APIRouter:
    """The routes of accounts."""
    router = APIRouter(tags=["Account"], responses={**_PROBLEMS})

    @router.post("/v1/sessions", operation_id="Account_SignIn", status_code=HTTPStatus.OK)
    async def sign_in(body: SignIn, request: Request, response: Response) -> Session:
        """Signs in. Repeated failures are slowed down. 登录"""
        address = request.client.host if request.client else ""
        made = await accounts.sign_in(body.login, body.password, address)
        response.set_cookie(COOKIE, made.token, httponly=True, samesite="strict", secure=secure_cookies, expires=made.expires_at.astimezone(UTC))
        return Session(
            session_token=made.token,
            expire_time=made.expires_at,
            person=_me(made.person, None),
            must_change_password=made.must_change_password,
        )

    @router.delete("/v1/sessions/current", operation_id="Account_SignOut", status_code=HTTPStatus.NO_CONTENT)
    async def sign_out(request: Request, response: Response, _person: SignedInPerson) -> None:
        """Ends this session. 退出"""
        await accounts.sign_out(bearer_or_cookie(request))
        response.delete_cookie(COOKIE)

    @router.get("/v1/me", operation_id="Account_GetMe")
    async def me(request: Request) -> Me:
        """Who is signed in, with departments and roles. 当前用户"""
        caller = await authenticator.caller(request)
        scopes = caller.require_person().scopes
        return _me(request.state.person, None if scopes is None else sorted(scopes))

    @router.post("/v1/me:changePassword", operation_id="Account_ChangePassword", status_code=HTTPStatus.NO_CONTENT)
    async def change_password(body: PasswordChange, person: SignedInPerson) -> None:
        """Sets a new password and ends all sessions. 修改密码"""
        await accounts.change_password(person, body.old_password, body.new_password)

    @router.post("/v1/people/{person:segment}:setPassword", operation_id="Account_SetPassword", status_code=HTTPStatus.NO_CONTENT)
    async def set_password(person: Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$")], body: PasswordSetting, administrator: Administrator) -> None:
        """Sets a first or forgotten password; administrators alone. 重置密码"""
        await accounts.set_password(person, body.password, actor=f"people/{administrator.id}")

    @router.post("/v1/apiTokens", operation_id="Account_CreateApiToken")
    async def create_api_token(body: NewApiToken, person: SignedInPerson) -> MadeApiToken:
        """Makes a token for a program; the secret is shown once. 新建接口令牌"""
        secret, made = await accounts.create_api_token(person, body.display_name, frozenset(body.scopes), body.expire_time)
        return MadeApiToken(**_token(made).model_dump(), token=secret)

    @router.get("/v1/apiTokens", operation_id="Account_ListApiTokens")
    async def list_api_tokens(person: SignedInPerson) -> ApiTokenList:
        """The caller's tokens, newest first. 接口令牌列表"""
        return ApiTokenList(api_tokens=[_token(each) for each in await accounts.api_tokens(person)])

    @router.delete("/v1/apiTokens/{api_token:segment}", operation_id="Account_DeleteApiToken", status_code=HTTPStatus.NO_CONTENT)
    async def delete_api_token(api_token: Annotated[str, Path(pattern="^[a-z0-9]{1,40}$")], person: SignedInPerson) -> None:
        """Revokes a token at once. 吊销接口令牌"""
        await accounts.revoke_api_token(person, api_token)

    return router


def oidc_router(accounts: Accounts, oidc: Oidc, *, secure_cookies: bool) -> APIRouter:
    """The routes of signing in through the identity provider."""
    router = APIRouter(tags=["Account"], responses={**_PROBLEMS})

    @router.get("/v1/oidc/login", operation_id="Account_BeginOidc", status_code=HTTPStatus.FOUND, response_class=RedirectResponse)
    async def begin() -> Response:
        """Sends the browser to the identity provider. 统一身份登录"""
        departure = await oidc.begin()
        response = RedirectResponse(departure.location, HTTPStatus.FOUND)
        # Lax: the provider's redirect comes from another site, and must bring the cookie back.
        response.set_cookie(_FLOW_COOKIE, departure.cookie, httponly=True, samesite="lax", secure=secure_cookies, max_age=_FLOW_SECONDS)
        return response

    @router.get("/v1/oidc/callback", operation_id="Account_FinishOidc", status_code=HTTPStatus.FOUND, response_class=RedirectResponse)
    async def finish(request: Request, code: Annotated[str, Query(max_length=4096)], state: Annotated[str, Query(max_length=200)]) -> Response:
        """Where the identity provider sends the browser back. 统一身份登录回调"""
        person = await oidc.finish(code=code, state=state, cookie=request.cookies.get(_FLOW_COOKIE, ""))
        made = await accounts.open_session(person)
        response = RedirectResponse("/", HTTPStatus.FOUND)
        response.delete_cookie(_FLOW_COOKIE)
        response.set_cookie(COOKIE, made.token, httponly=True, samesite="strict", secure=secure_cookies, expires=made.expires_at.astimezone(UTC))
        return response

    return router


def _me(person: Person, scopes: list[str] | None) -> Me:
    places = [MembershipView(department=f"departments/{name}", roles=sorted(roles)) for name, roles in sorted(person.memberships.items())]
    return Me(name=f"people/{person.id}", login=person.login, display_name=person.display_name, memberships=places, scopes=scopes)


def _token(token: ApiToken) -> ApiTokenView:
    return ApiTokenView(
        name=f"apiTokens/{token.id}",
        display_name=token.display_name,
        scopes=sorted(token.scopes),
        create_time=token.created_at,
        expire_time=token.expires_at,
    )
