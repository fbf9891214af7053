from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from yuqing_gateway.servicers.people import FEED
from yuqing_gateway.store.tables import login_failure, session
from yuqing_gateway.workers.housekeeping import Housekeeping
from yuqing_runtime import feed, leases
from yuqing_runtime.tables import change, idempotency


@pytest.fixture
async def once(gateway):
    """Runs one round."""

    async def run():
        async with leases.lease(gateway.database, "housekeeping") as lease:
            await Housekeeping(gateway.database, feed_days=7).once(lease)

    return run


async def count(gateway, table):
    async with gateway.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def set_all(gateway, table, **values):
    async with gateway.database.write() as connection:
        await connection.execute(update(table).values(**values))


@pytest.mark.parametrize("column", ["expires_at", "idle_at"])
async def test_a_session_is_removed_when_it_expired_or_fell_idle(gateway, once, column):
    await gateway.signed_in("liu.yang")
    await once()
    assert await count(gateway, session) == 1
    await set_all(gateway, session, **{column: datetime.now(UTC) - timedelta(seconds=5)})
    await once()
    assert await count(gateway, session) == 0


async def test_a_login_failure_is_forgotten_an_hour_after_its_block(gateway, once):
    await gateway.client().post("/v1/sessions", json={"login": "admin", "password": "wrong password"})
    await once()
    assert await count(gateway, login_failure) == 2
    await set_all(gateway, login_failure, blocked_until=datetime.now(UTC) - timedelta(minutes=61))
    await once()
    assert await count(gateway, login_failure) == 0


async def test_request_ids_and_changes_are_removed_when_their_days_are_over(gateway, once):
    admin = await gateway.signed_in("admin")
    request_id = "7f3a1c0e-5b7d-4c52-9a53-0d6f1f0a2b11"
    made = await admin.post("/v1/people", params={"requestId": request_id}, json={"login": "qian.duo", "displayName": "钱多多"})
    assert made.status_code == 200
    await once()
    assert (await count(gateway, change), await count(gateway, idempotency)) == (1, 1)
    await set_all(gateway, change, at=datetime.now(UTC) - timedelta(days=8))
    await set_all(gateway, idempotency, at_milliseconds=0)
    await once()
    assert (await count(gateway, change), await count(gateway, idempotency)) == (0, 0)
    async with gateway.database.read() as connection:
        with pytest.raises(feed.SequenceGone):
            await feed.read_after(connection, FEED, 0)
