"""Passwords, sessions, API tokens and failed logins in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_gateway.store.tables import account, api_token, login_failure, session
from yuqing_runtime.database import upsert


@dataclass(frozen=True)
class Account:
    """What a person signs in with."""

    password_hash: str
    must_change: bool


@dataclass(frozen=True)
class ApiToken:
    """A token of a program; the secret itself is not kept."""

    id: str
    person: str
    display_name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime


async def find_account(connection: AsyncConnection, person: str) -> Account | None:
    """The account of a person, where one has a password."""
    row = (await connection.execute(select(account).where(account.c.person == person))).one_or_none()
    return Account(row.password_hash, row.must_change) if row else None


async def save_account(connection: AsyncConnection, person: str, value: Account) -> None:
    """Sets the password."""
    row = {"password_hash": value.password_hash, "must_change": value.must_change}
    statement = upsert(account, connection).values(person=person, **row).on_conflict_do_update(index_elements=["person"], set_=row)
    await connection.execute(statement)


async def add_session(connection: AsyncConnection, token_hash: str, person: str, *, expires_at: datetime, idle_at: datetime) -> None:
    """Opens a session."""
    await connection.execute(insert(session).values(token_hash=token_hash, person=person, expires_at=expires_at, idle_at=idle_at))


async def session_person(connection: AsyncConnection, token_hash: str, now: datetime) -> tuple[str, datetime] | None:
    """The person of a live session, and when it falls idle."""
    query = select(session.c.person, session.c.idle_at).where(session.c.token_hash == token_hash, session.c.expires_at > now, session.c.idle_at > now)
    row = (await connection.execute(query)).one_or_none()
    return (row.person, row.idle_at) if row else None


async def keep_session(connection: AsyncConnection, token_hash: str, idle_at: datetime) -> None:
    """Puts off the moment at which a session falls idle."""
    await connection.execute(update(session).where(session.c.token_hash == token_hash).values(idle_at=idle_at))


async def end_sessions(connection: AsyncConnection, *, token_hash: str = "", person: str = "") -> None:
    """Ends one session, or all of a person."""
    await connection.execute(delete(session).where(session.c.person == person if person else session.c.token_hash == token_hash))


async def end_sessions_before(connection: AsyncConnection, moment: datetime) -> int:
    """Removes the sessions that expired or fell idle before that moment; how many."""
    return (await connection.execute(delete(session).where((session.c.expires_at < moment) | (session.c.idle_at < moment)))).rowcount


async def add_api_token(connection: AsyncConnection, value: ApiToken, token_hash: str) -> None:
    """Keeps a new API token."""
    await connection.execute(
        insert(api_token).values(
            id=value.id,
            token_hash=token_hash,
            person=value.person,
            display_name=value.display_name,
            scopes=sorted(value.scopes),
            created_at=value.created_at,
            expires_at=value.expires_at,
        )
    )


async def api_tokens(connection: AsyncConnection, person: str) -> list[ApiToken]:
    """The API tokens of a person, newest first."""
    query = select(api_token).where(api_token.c.person == person).order_by(api_token.c.created_at.desc(), api_token.c.id)
    return [_api_token(row) for row in await connection.execute(query)]


async def find_api_token(connection: AsyncConnection, token_hash: str, now: datetime) -> ApiToken | None:
    """The live API token with this hash."""
    query = select(api_token).where(api_token.c.token_hash == token_hash, api_token.c.expires_at > now)
    row = (await connection.execute(query)).one_or_none()
    return _api_token(row) if row else None


async def delete_api_token(connection: AsyncConnection, person: str, token_id: str) -> bool:
    """Revokes a person's token; False where there is none."""
    done = await connection.execute(delete(api_token).where(api_token.c.person == person, api_token.c.id == token_id))
    return done.rowcount > 0


def _api_token(row: Row[Any]) -> ApiToken:
    return ApiToken(row.id, row.person, row.display_name, frozenset(row.scopes), row.created_at, row.expires_at)


async def failures(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, tuple[int, datetime]]:
    """Failed logins by key, with the end of the block."""
    rows = await connection.execute(select(login_failure).where(login_failure.c.key.in_(keys)))
    return {row.key: (row.failures, row.blocked_until) for row in rows}


async def save_failures(connection: AsyncConnection, key: str, count: int, blocked_until: datetime) -> None:
    """Counts a failed login."""
    row = {"failures": count, "blocked_until": blocked_until}
    statement = upsert(login_failure, connection).values(key=key, **row).on_conflict_do_update(index_elements=["key"], set_=row)
    await connection.execute(statement)


async def forget_failures(connection: AsyncConnection, key: str) -> None:
    """Forgives a login that succeeded."""
    await connection.execute(delete(login_failure).where(login_failure.c.key == key))


async def forget_failures_before(connection: AsyncConnection, moment: datetime) -> int:
    """Removes the failures whose block ended before that moment; how many."""
    return (await connection.execute(delete(login_failure).where(login_failure.c.blocked_until < moment))).rowcount
