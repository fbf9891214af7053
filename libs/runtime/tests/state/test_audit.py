"""Whoever changes, removes, moves or cuts off an audit record is found, and the first broken record named."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from yuqing_runtime import audit
from yuqing_runtime.audit import AuditRecord, Head, Verification, verify
from yuqing_runtime.database import Database
from yuqing_runtime.tables import audit as table

RECORDS = 12
VICTIM = 5


async def _record(database: Database, number: int) -> Head:
    async with database.write() as connection:
        entry = AuditRecord(
            actor=f"people/{number}",
            action="sources.pause",
            resource="sources/3",
            before={"state": "运行", "n": number},
            after={"state": "暂停", "rate": 0.1, "null": "\x00"},
            request_id=f"request-{number}",
        )
        return await audit.record(connection, entry)


@pytest.fixture
async def chain(database: Database) -> Database:
    for number in range(1, RECORDS + 1):
        await _record(database, number)
    return database


async def _head(database: Database) -> Head:
    async with database.read() as connection:
        return await audit.head(connection)


async def _tamper(database: Database, *statements) -> Verification:
    async with database.write() as connection:
        for statement in statements:
            await connection.execute(statement)
    return await verify(database, batch=4)


async def test_chain_is_whole_when_nobody_touched_it(chain):
    result = await verify(chain, batch=4)
    assert result == Verification(await _head(chain))
    assert result.head.sequence == RECORDS
    assert await verify(chain, anchor=result.head) == result


async def test_empty_chain_is_whole(database):
    assert (await verify(database)).first_broken is None


async def test_chain_is_whole_when_replicas_record_at_once(database, replica):
    heads = await asyncio.gather(*(_record((database, replica)[number % 2], number) for number in range(60)))
    assert sorted(head.sequence for head in heads) == list(range(1, 61))
    assert (await verify(database)).first_broken is None


async def test_no_record_stays_when_the_act_fails(database):
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await audit.record(connection, AuditRecord("a", "b", "c"))
            raise KeyError
    assert (await _head(database)).sequence == 0


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "people/99"},
        {"action": "sources.delete"},
        {"resource": "sources/4"},
        {"before": "null"},
        {"after": '{"null":"\\\\u0000", "rate":0.1,"state":"暂停"}'},
        {"request_id": ""},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_first_broken_record_is_named_when_a_field_is_changed(chain, change):
    result = await _tamper(chain, update(table).where(table.c.sequence == VICTIM).values(change))
    assert (result.first_broken.sequence, result.head.sequence) == (VICTIM, VICTIM - 1)
    assert result.first_broken.reason.startswith("changed")


async def test_first_broken_record_is_named_when_its_time_is_changed(chain):
    async with chain.read() as connection:
        at = (await connection.execute(select(table.c.at).where(table.c.sequence == VICTIM))).scalar_one()
    result = await _tamper(chain, update(table).where(table.c.sequence == VICTIM).values(at=at + timedelta(milliseconds=1)))
    assert result.first_broken.sequence == VICTIM


async def test_first_broken_record_is_named_when_one_is_deleted(chain):
    result = await _tamper(chain, delete(table).where(table.c.sequence == VICTIM))
    assert result.first_broken.sequence == VICTIM
    assert result.first_broken.reason.startswith("missing")


async def test_first_broken_record_is_named_when_one_is_deleted_and_the_rest_moved_up(chain):
    moves = [update(table).where(table.c.sequence == number).values(sequence=number - 1) for number in range(VICTIM + 1, RECORDS + 1)]
    result = await _tamper(chain, delete(table).where(table.c.sequence == VICTIM), *moves)
    assert result.first_broken.sequence == VICTIM


async def test_first_broken_record_is_named_when_two_change_places(chain):
    places = [(VICTIM, 1000), (VICTIM + 1, VICTIM), (1000, VICTIM + 1)]
    result = await _tamper(chain, *(update(table).where(table.c.sequence == old).values(sequence=new) for old, new in places))
    assert result.first_broken.sequence == VICTIM


async def test_first_broken_record_is_named_when_the_beginning_is_cut_off(chain):
    result = await _tamper(chain, delete(table).where(table.c.sequence < VICTIM))
    assert result.first_broken.sequence == 1


async def test_cut_off_end_is_found_when_a_head_was_anchored(chain):
    anchor = await _head(chain)
    result = await _tamper(chain, delete(table).where(table.c.sequence > 9))
    assert result.first_broken is None
    assert (await verify(chain, anchor=anchor)).first_broken.sequence == 10


async def test_rewritten_chain_is_found_when_a_head_was_anchored(chain):
    anchor = await _head(chain)
    async with chain.write() as connection:
        await connection.execute(delete(table).where(table.c.sequence >= VICTIM))
    for number in range(VICTIM, RECORDS + 4):
        await _record(chain, number + 100)
    assert (await verify(chain)).first_broken is None
    found = (await verify(chain, anchor=anchor)).first_broken
    assert found.sequence == RECORDS
    assert found.reason.startswith("rewritten")


async def test_forged_record_is_found_when_it_is_put_at_the_end(chain):
    async with chain.read() as connection:
        row = dict((await connection.execute(select(table).where(table.c.sequence == RECORDS))).mappings().one())
    result = await _tamper(chain, insert(table).values(**(row | {"sequence": RECORDS + 1})))
    assert result.first_broken.sequence == RECORDS + 1


def test_veil_shows_equality_to_who_has_the_key_and_nothing_else():
    veiled = audit.veil("13800000000", b"k" * 32, reference="people/7")
    assert veiled == audit.veil("13800000000", b"k" * 32, reference="people/7")
    assert veiled["reference"] == "people/7"
    assert "13800000000" not in str(veiled)
    others = [audit.veil("13800000001", b"k" * 32, reference="people/7"), audit.veil("13800000000", b"j" * 32, reference="people/7")]
    assert all(other["veiled"] != veiled["veiled"] for other in others)
