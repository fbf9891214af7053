"""A repeated call gets the first one's reply and has no second effect."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from sqlalchemy import update

from yuqing_runtime import idempotency
from yuqing_runtime.database import Database
from yuqing_runtime.idempotency import KEPT_MILLISECONDS, Attempt, RequestIdReused
from yuqing_runtime.tables import idempotency as kept_table

FIRST = Attempt.of("people/7", "/yuqing.crawler.v1.SourceService/CreateSource", request_id="abc", body=b"body")


async def _call(database: Database, attempt: Attempt, table) -> bytes:
    """Adds one to the counter and replies with its value."""
    async with database.write() as connection:
        if (reply := await idempotency.once(connection, attempt)) is not None:
            return reply
        value = (await connection.execute(update(table).values(value=table.c.value + 1).returning(table.c.value))).scalar_one()
        reply = str(value).encode()
        await idempotency.keep(connection, attempt, reply)
        return reply


async def test_reply_is_the_first_ones_when_the_call_is_repeated(database, table, value_of):
    assert [await _call(database, FIRST, table) for _ in range(3)] == [b"1", b"1", b"1"]
    assert await value_of() == 1


async def test_empty_reply_is_a_reply(database):
    async with database.write() as connection:
        assert await idempotency.once(connection, FIRST) is None
        await idempotency.keep(connection, FIRST, b"")
        assert await idempotency.once(connection, FIRST) == b""


async def test_effect_is_had_once_when_calls_come_at_once_to_two_replicas(database, replica, table, value_of):
    replies = await asyncio.gather(*(_call((database, replica)[number % 2], FIRST, table) for number in range(20)))
    assert set(replies) == {b"1"}
    assert await value_of() == 1


async def test_id_is_refused_when_the_body_is_another(database, table, value_of):
    await _call(database, FIRST, table)
    with pytest.raises(RequestIdReused) as caught:
        await _call(database, Attempt.of(FIRST.principal, FIRST.method, request_id="abc", body=b"other"), table)
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
    assert await value_of() == 1


@pytest.mark.parametrize("other", [{"principal": "people/8"}, {"method": "/yuqing.crawler.v1.SourceService/PauseSource"}, {"request_id": "abd"}])
async def test_call_is_another_when_person_method_or_id_differ(database, table, other):
    await _call(database, FIRST, table)
    assert await _call(database, replace(FIRST, **other), table) == b"2"


async def test_id_is_free_again_when_the_effect_failed(database, table):
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await idempotency.once(connection, FIRST)
            raise KeyError
    assert await _call(database, FIRST, table) == b"1"


async def _age(database: Database, milliseconds: int) -> None:
    async with database.write() as connection:
        await connection.execute(update(kept_table).values(at_milliseconds=kept_table.c.at_milliseconds - milliseconds))


async def test_id_may_be_used_anew_after_24_hours_and_not_before(database, table):
    await _call(database, FIRST, table)
    await _age(database, KEPT_MILLISECONDS - 60_000)
    assert await _call(database, FIRST, table) == b"1"
    await _age(database, 60_001)
    assert await _call(database, replace(FIRST, body_hash=b"other"), table) == b"2"


async def test_old_ids_are_forgotten_when_purged(database, table):
    await _call(database, FIRST, table)
    await _age(database, KEPT_MILLISECONDS)
    await _call(database, replace(FIRST, request_id="young"), table)
    async with database.write() as connection:
        assert await idempotency.purge(connection) == 1
        assert await idempotency.purge(connection) == 0


async def test_every_call_has_its_effect_when_it_has_no_id(database, table):
    nameless = replace(FIRST, request_id="")
    assert [await _call(database, nameless, table) for _ in range(2)] == [b"1", b"2"]


async def test_forgotten_reply_is_an_error_and_never_an_empty_answer(database):
    async with database.write() as connection:
        await idempotency.once(connection, FIRST)
    with pytest.raises(RuntimeError, match="kept no reply"):
        async with database.write() as connection:
            await idempotency.once(connection, FIRST)
