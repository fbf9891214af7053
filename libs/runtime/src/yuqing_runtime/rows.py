"""Many rows in one statement: with SQLAlchemy's own ways a row takes longer to be bound than to be read or written."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Delete, Dialect, Insert, Update, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

Value = TypeVar("Value", str, int)


def among(column: ColumnElement[Value], values: Iterable[Value], connection: AsyncConnection) -> ColumnElement[bool]:
    """`column IN values` with one parameter, however many values there are."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(column.type)))
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


async def execute_rows(connection: AsyncConnection, statement: Insert | Update | Delete, rows: Sequence[Mapping[str, Any]]) -> None:
    """What `connection.execute(statement, rows)` does, bound by the driver on SQLite; nothing where there are no rows.

    All rows have the keys of the first. Defaults that Python computes and `IN` with a list are not for statements like these. What is the same
    in every row is cheapest as a value of the statement.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        await connection.execute(statement, rows)
        return
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    columns = [_bound(compiled.binds[name], name, rows, connection.dialect) for name in compiled.positiontup or ()]
    await connection.exec_driver_sql(compiled.string, list(zip(*columns, strict=False)))  # a constant has no end


def _bound(parameter: BindParameter[Any], name: str, rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> Iterable[Any]:
    """The values of one parameter, row by row, as the driver takes them."""
    process = parameter.type.dialect_impl(dialect).bind_processor(dialect)
    if name in rows[0]:
        values = [row[name] for row in rows]
        return list(map(process, values)) if process else values
    value = parameter.effective_value
    return repeat(process(value) if process else value)
