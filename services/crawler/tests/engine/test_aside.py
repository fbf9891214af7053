"""Calls to a process beside this one: whatever their size, their answers and errors come back to who asked."""

import asyncio
from collections.abc import Iterator

import pytest

from yuqing_crawler.engine.aside import Aside, AsideEnded, serve

UNPORTABLE = "from yuqing_crawler.engine.hosts import HostHeld; raise HostHeld('news.test', 3.0)"
"""Raises an error that cannot be made again from its text alone."""


@pytest.fixture
def aside() -> Iterator[Aside]:
    made = Aside(serve, 10.0)
    yield made
    made.close()


async def test_each_answer_comes_to_who_asked_when_many_ask_at_once(aside: Aside) -> None:
    large = b"x" * 5_000_000
    answers = await asyncio.gather(*(aside.ask(len, large[: number * 1000]) for number in range(50)), aside.ask(bytes.upper, large))
    assert answers == [*(number * 1000 for number in range(50)), large.upper()]
    assert aside.calls == 0


async def test_an_error_is_raised_here_when_the_call_fails(aside: Aside) -> None:
    with pytest.raises(ZeroDivisionError):
        await aside.ask(divmod, 1, 0)
    with pytest.raises(RuntimeError, match=r"news\.test wants to be left alone"):
        await aside.ask(exec, UNPORTABLE)
    assert await aside.ask(len, "ab") == 2


async def test_the_others_are_answered_when_one_who_asked_is_cancelled(aside: Aside) -> None:
    gone, stays = asyncio.create_task(aside.ask(len, "a")), asyncio.create_task(aside.ask(len, "ab"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 2


async def test_calls_end_when_the_process_is_closed(aside: Aside) -> None:
    asked = asyncio.create_task(aside.ask(sum, range(10**12)))
    while not aside.calls:
        await asyncio.sleep(0.01)
    aside.close()
    with pytest.raises(AsideEnded):
        await asked
    with pytest.raises(AsideEnded):
        await aside.ask(len, "")
