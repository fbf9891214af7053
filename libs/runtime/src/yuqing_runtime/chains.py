"""Finds the audit chains of all services from outside, for whoever checks them: in the SQLite files and schemas that the settings name."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from yuqing_runtime.audit import Broken, Head, Verification, head, verify
from yuqing_runtime.database import Database
from yuqing_runtime.database_url import DEFAULT_VAR, sqlite_url, with_driver
from yuqing_runtime.tables import audit

_OWN_URL = re.compile(r"YUQING_([A-Z]+)_DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service keeps its tables."""

    service: str
    url: str


async def places(environment: Mapping[str, str]) -> list[Place]:
    """The databases of all services: files in YUQING_VAR, schemas in YUQING_DATABASE_URL, what YUQING_<SERVICE>_DATABASE_URL names."""
    found = {path.stem: sqlite_url(path) for path in _files(Path(environment.get("YUQING_VAR") or DEFAULT_VAR))}
    if shared := environment.get("YUQING_DATABASE_URL"):
        found = {schema: with_driver(shared) for schema in await _schemas(with_driver(shared))}
    own = {match[1].lower(): with_driver(url) for name, url in environment.items() if url and (match := _OWN_URL.fullmatch(name))}
    return [Place(service, url) for service, url in sorted((found | own).items())]


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("*.sqlite"))


async def _schemas(url: str) -> list[str]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            query = text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'change_head' ORDER BY 1")
            return list((await connection.execute(query)).scalars())
    finally:
        await engine.dispose()


async def verify_all(environment: Mapping[str, str], anchors: Mapping[str, Head]) -> dict[str, Verification]:
    """Verifies each service's chain; one that is anchored and cannot be found is broken at its first record."""
    results: dict[str, Verification] = {}
    for place in await places(environment):
        async with _opened(place) as database:
            if await _has_chain(database):
                results[place.service] = await verify(database, anchor=anchors.get(place.service))
    for service, anchor in anchors.items():
        if service not in results:
            missing = Broken(1, f"missing: no chain is found, the anchored head is record {anchor.sequence}")
            results[service] = Verification(Head(0, ""), missing)
    return results


async def heads(environment: Mapping[str, str]) -> dict[str, Head]:
    """The head of each service's chain, to be kept outside."""
    results: dict[str, Head] = {}
    for place in await places(environment):
        async with _opened(place) as database:
            if await _has_chain(database):
                async with database.read() as connection:
                    results[place.service] = await head(connection)
    return results


@asynccontextmanager
async def _opened(place: Place) -> AsyncGenerator[Database, None]:
    database = await Database.open(place.url, schema=place.service)
    try:
        yield database
    finally:
        await database.close()


async def _has_chain(database: Database) -> bool:
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: inspect(sync).has_table(audit.name))
