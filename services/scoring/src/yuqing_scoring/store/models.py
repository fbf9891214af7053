"""The models that were added, and which of them was put to work when; each function works in the transaction it is given."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime import clock
from yuqing_scoring.store.tables import model as table
from yuqing_scoring.store.tables import model_activation

SHIPPED_ID: Final = "shipped"
"""The model that comes with the software, or that the setting names; it is in no table."""


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that was added: its stages with their versions, and the parts of its files."""

    id: str
    model: str
    model_version: str
    second_model: str
    second_model_version: str
    files: dict[str, list[str]]
    card: str
    note: str
    author: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """That a model was put to work."""

    number: int
    model: str
    author: str
    reason: str
    create_time: datetime


async def add(connection: AsyncConnection, model: KeptModel) -> None:
    """Keeps a model."""
    await connection.execute(insert(table).values(asdict(model)))


async def find(connection: AsyncConnection, model_id: str) -> KeptModel | None:
    """The model with this id."""
    row = (await connection.execute(select(table).where(table.c.id == model_id))).mappings().one_or_none()
    return _model(row) if row else None


async def everything(connection: AsyncConnection) -> list[KeptModel]:
    """All models that were added, oldest first."""
    rows = await connection.execute(select(table).order_by(table.c.create_time, table.c.id))
    return [_model(row) for row in rows.mappings()]


async def remove(connection: AsyncConnection, model_id: str) -> None:
    """Forgets a model; that it was put to work stays known."""
    await connection.execute(delete(table).where(table.c.id == model_id))


async def parts(connection: AsyncConnection) -> set[str]:
    """The parts that belong to a model."""
    files = (await connection.execute(select(table.c.files))).scalars()
    return {part for each in files for of_file in each.values() for part in of_file}


async def activate(connection: AsyncConnection, model_id: str, author: str, reason: str) -> Activation:
    """Puts a model to work."""
    last = (await connection.execute(select(func.coalesce(func.max(model_activation.c.number), 0)))).scalar_one()
    activation = Activation(last + 1, model_id, author, reason, await clock.now(connection))
    await connection.execute(insert(model_activation).values(asdict(activation)))
    return activation


async def activations(connection: AsyncConnection, *, limit: int) -> list[Activation]:
    """The newest first."""
    rows = await connection.execute(select(model_activation).order_by(model_activation.c.number.desc()).limit(limit))
    return [_activation(row) for row in rows.mappings()]


async def active(connection: AsyncConnection) -> str:
    """The id of the model that is at work."""
    newest = await activations(connection, limit=1)
    return newest[0].model if newest else SHIPPED_ID


def _model(row: RowMapping) -> KeptModel:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    return KeptModel(**fields)


def _activation(row: RowMapping) -> Activation:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    return Activation(**fields)
