"""Topics in SQL; each function works in the transaction it is given."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime.errors import AlreadyExists
from yuqing_scoring.domain.topic import Topic
from yuqing_scoring.store.tables import topic as table


async def add(connection: AsyncConnection, topic: Topic) -> None:
    """Errors: AlreadyExists where another one has its name."""
    await _unique(connection, insert(table).values(**asdict(topic)), topic)


async def change(connection: AsyncConnection, topic: Topic) -> None:
    """Errors: AlreadyExists where another one has its name."""
    await _unique(connection, update(table).where(table.c.id == topic.id).values(**asdict(topic)), topic)


async def remove(connection: AsyncConnection, topic: Topic) -> None:
    """Removes it."""
    await connection.execute(delete(table).where(table.c.id == topic.id))


async def find(connection: AsyncConnection, topic_id: str, *, for_update: bool = False) -> Topic | None:
    """The topic with this id."""
    query = select(table).where(table.c.id == topic_id)
    row = (await connection.execute(query.with_for_update() if for_update else query)).mappings().one_or_none()
    return _topic(row) if row else None


async def everything(connection: AsyncConnection, *, after: tuple[str, str] = ("", ""), subject: str = "") -> list[Topic]:
    """The topics by display name, after the given (display name, id), about one subject or all."""
    later = (table.c.display_name > after[0]) | ((table.c.display_name == after[0]) & (table.c.id > after[1]))
    query = select(table).where(later).order_by(table.c.display_name, table.c.id)
    rows = await connection.execute(query.where(table.c.subject == subject) if subject else query)
    return [_topic(row) for row in rows.mappings()]


async def count(connection: AsyncConnection) -> int:
    """How many there are."""
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def _unique(connection: AsyncConnection, statement: Any, topic: Topic) -> None:
    same_name = select(table.c.id).where(table.c.display_name == topic.display_name, table.c.id != topic.id)
    if (await connection.execute(same_name)).first() is not None:
        raise _name_taken(topic)
    try:
        await connection.execute(statement)
    except IntegrityError as error:  # another call came between
        raise _name_taken(topic) from error


def _name_taken(topic: Topic) -> AlreadyExists:
    return AlreadyExists(f"there is already a topic called {topic.display_name}", reason="DISPLAY_NAME_TAKEN")


def _topic(row: RowMapping) -> Topic:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    fields["shown_terms"], fields["shared_with"] = tuple(fields["shown_terms"]), tuple(fields["shared_with"])
    fields["synonyms"] = tuple(tuple(terms) for terms in fields["synonyms"])
    return Topic(**fields)
