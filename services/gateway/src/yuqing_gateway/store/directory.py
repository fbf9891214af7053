"""People and departments in the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_gateway.domain.directory import Department, Person
from yuqing_gateway.store.tables import department, membership, person


async def departments(connection: AsyncConnection) -> list[Department]:
    """All departments."""
    rows = await connection.execute(select(department))
    return [Department(row.id, row.display_name, row.parent or "", row.version) for row in rows]


async def save_department(connection: AsyncConnection, value: Department, *, new: bool) -> None:
    """Writes a department."""
    row = {"id": value.id, "display_name": value.display_name, "parent": value.parent or None, "version": value.version}
    statement = insert(department) if new else update(department).where(department.c.id == value.id)
    await connection.execute(statement.values(row))


async def people(connection: AsyncConnection, *, after: tuple[str, str] = ("", ""), limit: int) -> list[Person]:
    """People by display name, after the given (display name, id)."""
    later = (person.c.display_name > after[0]) | ((person.c.display_name == after[0]) & (person.c.id > after[1]))
    rows = (await connection.execute(select(person).where(later).order_by(person.c.display_name, person.c.id).limit(limit))).all()
    return await _with_memberships(connection, rows)


async def find_person(connection: AsyncConnection, person_id: str) -> Person | None:
    """The person with this id."""
    rows = (await connection.execute(select(person).where(person.c.id == person_id))).all()
    return next(iter(await _with_memberships(connection, rows)), None)


async def find_login(connection: AsyncConnection, login: str) -> Person | None:
    """The person who signs in with this."""
    rows = (await connection.execute(select(person).where(person.c.login == login))).all()
    return next(iter(await _with_memberships(connection, rows)), None)


async def find_email(connection: AsyncConnection, email: str) -> Person | None:
    """The only person with this address; None where there are several."""
    rows = (await connection.execute(select(person).where(person.c.email == email).limit(2))).all()
    return next(iter(await _with_memberships(connection, rows)), None) if len(rows) == 1 else None


async def person_ids(connection: AsyncConnection) -> frozenset[str]:
    """Every id that is in use."""
    return frozenset((await connection.execute(select(person.c.id))).scalars())


async def save_person(connection: AsyncConnection, value: Person, *, new: bool) -> None:
    """Writes a person with the memberships."""
    row = {
        "id": value.id,
        "login": value.login,
        "display_name": value.display_name,
        "email": value.email,
        "disabled": value.disabled,
        "version": value.version,
    }
    if new:
        await connection.execute(insert(person).values(row | {"created_at": value.created_at}))
    else:
        await connection.execute(update(person).where(person.c.id == value.id).values(row))
    await connection.execute(delete(membership).where(membership.c.person == value.id))
    rows = [{"person": value.id, "department": name, "roles": sorted(roles)} for name, roles in value.memberships.items()]
    if rows:
        await connection.execute(insert(membership), rows)


async def _with_memberships(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Person]:
    found = {row.id: row for row in rows}
    places: dict[str, dict[str, frozenset[str]]] = {}
    query = select(membership).where(membership.c.person.in_(found))
    for row in await connection.execute(query):
        places.setdefault(row.person, {})[row.department] = frozenset(row.roles)
    return [
        Person(row.id, row.login, row.display_name, row.email, places.get(row.id, {}), row.disabled, row.version, row.created_at)
        for row in found.values()
    ]
