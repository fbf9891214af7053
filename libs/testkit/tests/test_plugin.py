"""The engines that other suites ask for by name are real, empty and their own."""

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


def test_node_answers_when_a_test_asks_for_elasticsearch(elasticsearch_url: str) -> None:
    assert httpx.get(f"{elasticsearch_url}/_cluster/health", trust_env=False).json()["status"] in {"green", "yellow"}


async def test_database_is_empty_when_a_test_asks_for_one(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE words (word text)"))  # would fail in the second test if it were shared
    await engine.dispose()


async def test_database_is_another_when_another_test_asks(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE words (word text)"))
    await engine.dispose()
