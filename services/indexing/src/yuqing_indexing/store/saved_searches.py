"""Saved searches in SQL; each function works in the transaction it is given."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, and_, delete, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.saved_search import SavedSearch, Viewer
from yuqing_indexing.store.tables import saved_search as table
from yuqing_runtime.errors import AlreadyExists


async def add(connection: AsyncConnection, search: SavedSearch) -> None:
    """Errors: AlreadyExists where the owner has one of that name."""
    await _unique(connection, insert(table).values(**_row(search)), search)


async def change(connection: AsyncConnection, search: SavedSearch) -> None:
    """Errors: AlreadyExists where the owner has another one of that name."""
    await _unique(connection, update(table).where(table.c.id == search.id).values(**_row(search)), search)


async def remove(connection: AsyncConnection, search: SavedSearch) -> None:
    """Removes it."""
    await connection.execute(delete(table).where(table.c.id == search.id))


async def find(connection: AsyncConnection, search_id: str, viewer: Viewer, *, for_update: bool = False) -> SavedSearch | None:
    """The search, or None where it is not there or the viewer may not know that it is."""
    query = select(table).where(table.c.id == search_id)
    row = (await connection.execute(query.with_for_update() if for_update else query)).mappings().one_or_none()
    search = _search(row) if row else None
    return search if search and search.visible_to(viewer) else None


async def visible(connection: AsyncConnection, viewer: Viewer, *, after: tuple[str, str] | None, size: int) -> list[SavedSearch]:
    """Those that the viewer may see, by name; `after` is the name and id of the last one seen."""
    query = select(table).where(or_(table.c.owner == viewer.person, table.c.shared_with.in_(sorted(viewer.departments))))
    if after is not None:
        query = query.where(tuple_(table.c.display_name, table.c.id) > tuple_(*after))
    rows = await connection.execute(query.order_by(table.c.display_name, table.c.id).limit(size))
    return [_search(row) for row in rows.mappings()]


async def _unique(connection: AsyncConnection, statement: Any, search: SavedSearch) -> None:
    same_name = and_(table.c.owner == search.owner, table.c.display_name == search.display_name, table.c.id != search.id)
    if (await connection.execute(select(table.c.id).where(same_name))).first() is not None:
        raise _name_taken(search)
    try:
        await connection.execute(statement)
    except IntegrityError as error:  # another call of the same person came between
        raise _name_taken(search) from error


def _name_taken(search: SavedSearch) -> AlreadyExists:
    return AlreadyExists(f"you already have a saved search called {search.display_name}", reason="DISPLAY_NAME_TAKEN")


def _row(search: SavedSearch) -> dict[str, Any]:
    row = asdict(search)
    row["search_order"] = row.pop("order")
    return row


def _search(row: RowMapping) -> SavedSearch:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    fields["order"] = fields.pop("search_order")
    fields["filters"] = tuple((facet, tuple(values)) for facet, values in fields["filters"])
    return SavedSearch(**fields)
