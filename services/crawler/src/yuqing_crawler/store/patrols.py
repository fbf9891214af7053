"""Patrol lists, and the visits that they ask for day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_crawler.domain.patrols import PatrolState, is_due
from yuqing_crawler.store.tables import patrol_list, patrol_visit
from yuqing_runtime.database import upsert


@dataclass(frozen=True, slots=True)
class PatrolList:
    """Places that a person looks at on given days; a place is its name and its address."""

    id: str
    display_name: str
    person: str
    places: tuple[tuple[str, str], ...]
    weekdays: tuple[int, ...]
    disabled: bool
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which visits a list of them shows; days are both included."""

    first_day: date
    last_day: date
    person: str = ""
    state: PatrolState | None = None


async def create(connection: AsyncConnection, patrol: PatrolList) -> None:
    """Adds a list."""
    await connection.execute(insert(patrol_list).values(_row(patrol)))


async def get(connection: AsyncConnection, patrol_id: str, *, lock: bool = False) -> PatrolList | None:
    """The list, or None."""
    query = select(patrol_list).where(patrol_list.c.id == patrol_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return _patrol(row) if row else None


async def page(connection: AsyncConnection, *, after: tuple[str, str] | None, limit: int) -> list[PatrolList]:
    """Lists by display name and id."""
    query = select(patrol_list).order_by(patrol_list.c.display_name, patrol_list.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(patrol_list.c.display_name, patrol_list.c.id) > after)
    return [_patrol(row) for row in (await connection.execute(query)).mappings()]


async def change(connection: AsyncConnection, patrol: PatrolList, today: date) -> None:
    """Writes a changed list; its open visits of today follow it, days that are past stay as they were."""
    await connection.execute(update(patrol_list).where(patrol_list.c.id == patrol.id).values(_row(patrol)))
    open_today = (patrol_visit.c.patrol_list_id == patrol.id, patrol_visit.c.day >= today, patrol_visit.c.completed_at.is_(None))
    await connection.execute(delete(patrol_visit).where(*open_today))
    await plan_day(connection, [patrol], today)


async def plan(connection: AsyncConnection, today: date) -> None:
    """Makes today's visits of all lists, those that are not there yet."""
    rows = (await connection.execute(select(patrol_list).where(~patrol_list.c.disabled))).mappings()
    await plan_day(connection, [_patrol(row) for row in rows], today)


async def plan_day(connection: AsyncConnection, patrols: Sequence[PatrolList], day: date) -> None:
    """Makes a day's visits of these lists."""
    rows = [
        {
            "id": f"{patrol.id}-{day:%Y%m%d}-{number}",
            "patrol_list_id": patrol.id,
            "person": patrol.person,
            "day": day,
            "place_number": number,
            "place": list(place),
            "completed_at": None,
            "note": "",
            "findings": 0,
        }
        for patrol in patrols
        if not patrol.disabled and is_due(patrol.weekdays, day)
        for number, place in enumerate(patrol.places, start=1)
    ]
    if rows:
        await connection.execute(upsert(patrol_visit, connection).on_conflict_do_nothing(), rows)


async def visits(
    connection: AsyncConnection, wanted: VisitFilter, today: date, *, after: tuple[date, str] | None, limit: int
) -> Sequence[RowMapping]:
    """Visits by day and id."""
    query = select(patrol_visit).where(patrol_visit.c.day.between(wanted.first_day, wanted.last_day))
    if wanted.person:
        query = query.where(patrol_visit.c.person == wanted.person)
    if wanted.state is not None:
        query = query.where(_in_state(wanted.state, today))
    if after is not None:
        query = query.where(tuple_(patrol_visit.c.day, patrol_visit.c.id) > after)
    return (await connection.execute(query.order_by(patrol_visit.c.day, patrol_visit.c.id).limit(limit))).mappings().all()


async def visit(connection: AsyncConnection, visit_id: str) -> RowMapping | None:
    """One visit, locked to the end of the transaction."""
    return (await connection.execute(select(patrol_visit).where(patrol_visit.c.id == visit_id).with_for_update())).mappings().one_or_none()


async def complete(connection: AsyncConnection, visit_id: str, *, note: str, findings: int, at: datetime) -> None:
    """Checks a visit off."""
    done = update(patrol_visit).where(patrol_visit.c.id == visit_id)
    await connection.execute(done.values(completed_at=at, note=note, findings=findings))


def _in_state(state: PatrolState, today: date) -> ColumnElement[bool]:
    done = patrol_visit.c.completed_at.is_not(None)
    if state is PatrolState.DONE:
        return done
    return ~done & (patrol_visit.c.day >= today if state is PatrolState.OPEN else patrol_visit.c.day < today)


def _row(patrol: PatrolList) -> dict[str, object]:
    return {
        "id": patrol.id,
        "display_name": patrol.display_name,
        "person": patrol.person,
        "places": [list(place) for place in patrol.places],
        "weekdays": list(patrol.weekdays),
        "disabled": patrol.disabled,
        "revision": patrol.revision,
        "created_at": patrol.created_at,
    }


def _patrol(row: RowMapping) -> PatrolList:
    return PatrolList(
        id=row["id"],
        display_name=row["display_name"],
        person=row["person"],
        places=tuple((name, url) for name, url in row["places"]),
        weekdays=tuple(row["weekdays"]),
        disabled=row["disabled"],
        revision=row["revision"],
        created_at=row["created_at"],
    )
