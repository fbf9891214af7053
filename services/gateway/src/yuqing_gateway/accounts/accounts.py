"""Signing in and out, and who a token belongs to."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_gateway.accounts.passwords import Passwords
from yuqing_gateway.domain.credentials import (
    FAILURES_FORGOTTEN_AFTER,
    LONGEST_API_TOKEN,
    SESSION_IDLE,
    SESSION_LIFETIME,
    USUAL_API_TOKEN,
    PasswordRefused,
    block_after,
    check_password,
    is_api_token,
    new_api_token,
    new_session_token,
    token_hash,
)
from yuqing_gateway.domain.directory import Person
from yuqing_gateway.store import accounts as store
from yuqing_gateway.store import directory
from yuqing_gateway.store.accounts import Account, ApiToken
from yuqing_gateway.wire import claims_of
from yuqing_runtime import audit
from yuqing_runtime.access import Caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated
from yuqing_runtime.keys import Identity
from yuqing_runtime.tokens import issue_person_token

# How long a token's owner is believed without asking the database: a disabled person is out after this at the latest.
_REMEMBERED_SECONDS: Final = 2.0
_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class SignedIn:
    """A new session."""

    token: str
    person: Person
    expires_at: datetime
    must_change_password: bool


@dataclass(frozen=True)
class _Remembered:
    caller: Caller
    person: Person
    until: float


class Accounts:
    """The accounts of the organisation."""

    def __init__(self, database: Database, identity: Identity, passwords: Passwords) -> None:
        self._database = database
        self._identity = identity
        self._passwords = passwords
        self._remembered: dict[str, _Remembered] = {}

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Opens a session; raises Unauthenticated with the same words whatever is wrong, ResourceExhausted where there were too many failures."""
        keys = {"login": f"login:{login}", "address": f"address:{address}"}
        await self._check_throttle(keys)
        async with self._database.read() as connection:
            person = await directory.find_login(connection, login)
            account = await store.find_account(connection, person.id) if person else None
        right = await self._passwords.verify(account.password_hash if account else None, password)
        if not right or person is None or account is None or person.disabled:
            await self._count_failure(keys)
            raise Unauthenticated("login or password is wrong", reason="LOGIN_FAILED")
        async with self._database.write() as connection:
            await store.forget_failures(connection, keys["login"])
        return await self.open_session(person, must_change=account.must_change)

    async def open_session(self, person: Person, *, must_change: bool = False) -> SignedIn:
        """A session of a person whose identity is proven."""
        token = new_session_token()
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            expires_at = now + SESSION_LIFETIME
            await store.add_session(connection, token_hash(token), person.id, expires_at=expires_at, idle_at=now + SESSION_IDLE)
            await audit.record(connection, AuditRecord(f"people/{person.id}", "sessions.create", f"people/{person.id}"))
        return SignedIn(token, person, expires_at, must_change)

    async def sign_out(self, token: str) -> None:
        """Ends the session."""
        self._remembered.pop(token, None)
        async with self._database.write() as connection:
            await store.end_sessions(connection, token_hash=token_hash(token))

    async def caller_of(self, token: str) -> tuple[Caller, Person]:
        """Who a session or API token belongs to; raises Unauthenticated."""
        known = self._remembered.get(token)
        if known is None or known.until < time.monotonic():
            known = await self._look_up(token)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[token] = known
        return known.caller, known.person

    async def _look_up(self, token: str) -> _Remembered:
        scopes: frozenset[str] | None = None
        idle_at: datetime | None = None
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            if is_api_token(token):
                api_token = await store.find_api_token(connection, token_hash(token), now)
                person_id, scopes = (api_token.person, api_token.scopes) if api_token else ("", None)
            else:
                person_id, idle_at = await store.session_person(connection, token_hash(token), now) or ("", None)
            person = await directory.find_person(connection, person_id) if person_id else None
        if person is None or person.disabled:
            raise Unauthenticated("the session or token is not valid or has ended: sign in again", reason="SESSION_ENDED")
        if idle_at is not None and idle_at - now < SESSION_IDLE * 0.9:
            async with self._database.write() as connection:
                await store.keep_session(connection, token_hash(token), now + SESSION_IDLE)
        claims = claims_of(person, scopes)
        caller = Caller("gateway", claims, issue_person_token(self._identity, claims))
        return _Remembered(caller, person, time.monotonic() + _REMEMBERED_SECONDS)

    async def change_password(self, person: Person, old: str, new: str) -> None:
        """Sets a new password and ends all sessions; raises PermissionDenied, FailedPrecondition."""
        async with self._database.read() as connection:
            account = await store.find_account(connection, person.id)
        if not await self._passwords.verify(account.password_hash if account else None, old):
            raise PermissionDenied("the present password is wrong", reason="PASSWORD_WRONG")
        await self._set(person, new, actor=f"people/{person.id}", must_change=False)

    async def set_password(self, person_id: str, password: str, *, actor: str) -> None:
        """A first or forgotten password, set by an administrator, to be changed by its owner."""
        async with self._database.read() as connection:
            person = await directory.find_person(connection, person_id)
        if person is None:
            raise NotFound(f"people/{person_id} does not exist")
        await self._set(person, password, actor=actor, must_change=True)

    async def _set(self, person: Person, password: str, *, actor: str, must_change: bool) -> None:
        try:
            check_password(password, person.login)
        except PasswordRefused as error:
            raise FailedPrecondition(str(error), reason="PASSWORD_REFUSED") from error
        encoded = await self._passwords.hash(password)
        async with self._database.write() as connection:
            await store.save_account(connection, person.id, Account(encoded, must_change))
            await store.end_sessions(connection, person=person.id)
            await audit.record(connection, AuditRecord(actor, "people.setPassword", f"people/{person.id}"))
        self._remembered.clear()

    async def create_api_token(self, person: Person, display_name: str, scopes: frozenset[str], expires_at: datetime | None) -> tuple[str, ApiToken]:
        """A token for a program, for 90 days unless something else is said; the secret is given once. Raises FailedPrecondition."""
        secret = new_api_token()
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            expires_at = expires_at or now + USUAL_API_TOKEN
            if not now < expires_at <= now + LONGEST_API_TOKEN:
                raise FailedPrecondition(f"it must expire within {LONGEST_API_TOKEN.days} days from now", reason="EXPIRY_REFUSED")
            made = ApiToken(secrets.token_hex(8), person.id, display_name, scopes, now, expires_at)
            await store.add_api_token(connection, made, token_hash(secret))
            await self._record_token(connection, "apiTokens.create", made)
        return secret, made

    async def api_tokens(self, person: Person) -> list[ApiToken]:
        """The person's tokens, newest first."""
        async with self._database.read() as connection:
            return await store.api_tokens(connection, person.id)

    async def revoke_api_token(self, person: Person, token_id: str) -> None:
        """Ends a token at once; raises NotFound."""
        async with self._database.write() as connection:
            if not await store.delete_api_token(connection, person.id, token_id):
                raise NotFound(f"apiTokens/{token_id} does not exist")
            await audit.record(connection, AuditRecord(f"people/{person.id}", "apiTokens.delete", f"apiTokens/{token_id}"))
        self._remembered.clear()

    @staticmethod
    async def _record_token(connection: AsyncConnection, action: str, token: ApiToken) -> None:
        scopes: list[JsonValue] = [*sorted(token.scopes)]
        after: dict[str, JsonValue] = {"display_name": token.display_name, "scopes": scopes, "expires_at": token.expires_at.isoformat()}
        await audit.record(connection, AuditRecord(f"people/{token.person}", action, f"apiTokens/{token.id}", None, after))

    async def _check_throttle(self, keys: Mapping[str, str]) -> None:
        async with self._database.read() as connection:
            now = await self._database.now(connection)
            found = await store.failures(connection, list(keys.values()))
        blocked = max((until for _, until in found.values()), default=now)
        if blocked > now:
            seconds = int((blocked - now).total_seconds()) + 1
            raise ResourceExhausted(
                f"too many failed logins: try again in {seconds} s", reason="LOGIN_THROTTLED", metadata={"retry_after_seconds": str(seconds)}
            )

    async def _count_failure(self, keys: Mapping[str, str]) -> None:
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            found = await store.failures(connection, list(keys.values()))
            for kind, key in keys.items():
                before, blocked_until = found.get(key, (0, now))
                count = 1 if now - blocked_until > FAILURES_FORGOTTEN_AFTER else before + 1
                await store.save_failures(connection, key, count, now + block_after(kind, count))
