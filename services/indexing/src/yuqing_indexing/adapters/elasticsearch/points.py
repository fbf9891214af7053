"""Points in time: an index as it stood when one was opened, however much is written meanwhile."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named


async def open_point(client: AsyncElasticsearch, index: str, kept: str) -> str:
    """The id of a new point in time, which stays for so long after each use of it."""
    opened = await client.open_point_in_time(index=index, keep_alive=kept)
    point: str = opened.body["id"]
    return point


async def close_point(client: AsyncElasticsearch, point: str) -> None:
    """Ends it; does nothing where it is gone already. Errors: OutsideUnavailable."""
    with away_is_named():
        await client.options(ignore_status=404).close_point_in_time(id=point)


@asynccontextmanager
async def point_in_time(client: AsyncElasticsearch, index: str, kept: str) -> AsyncGenerator[str]:
    """The id of a point in time that is ended at the end. Errors: OutsideUnavailable."""
    with away_is_named():
        point = await open_point(client, index, kept)
    try:
        yield point
    finally:
        await close_point(client, point)
