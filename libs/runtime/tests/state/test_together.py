"""What is asked for at the same time is done in one go, and each caller gets its own answer or error."""

import asyncio
from collections.abc import Sequence

import pytest

from yuqing_runtime.together import Together


class Doubling:
    """Doubles numbers; refuses a batch with a negative one. The gate holds the first batch back."""

    def __init__(self, *, most: int = 10, gather_seconds: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.together = Together(self._double, most=most, gather_seconds=gather_seconds)

    async def _double(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await self.gate.wait()
        if min(numbers) < 0:
            raise ValueError(min(numbers))
        return [number * 2 for number in numbers]


async def test_each_gets_its_own_answer_when_many_ask_at_once():
    doubling = Doubling(most=3)
    asking = [asyncio.create_task(doubling.together.ask(number)) for number in range(7)]
    doubling.gate.set()
    assert await asyncio.gather(*asking) == [0, 2, 4, 6, 8, 10, 12]
    assert doubling.batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_calls_gather_when_a_batch_is_under_way():
    doubling = Doubling()
    first = asyncio.create_task(doubling.together.ask(1))
    while not doubling.batches:
        await asyncio.sleep(0)
    later = [asyncio.create_task(doubling.together.ask(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doubling.gate.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert doubling.batches == [[1], [2, 3]]


async def test_a_batch_waits_for_company_when_it_may():
    doubling = Doubling(gather_seconds=0.01)
    doubling.gate.set()
    first = asyncio.create_task(doubling.together.ask(1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert await asyncio.gather(first, doubling.together.ask(2)) == [2, 4]
    assert doubling.batches == [[1, 2]]


async def test_only_its_own_caller_fails_when_one_item_cannot_be_done():
    doubling = Doubling()
    doubling.gate.set()
    answers = await asyncio.gather(*(doubling.together.ask(number) for number in (1, -1, 2)), return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 4]
    assert isinstance(answers[1], ValueError)
    with pytest.raises(ValueError, match="-3"):
        await doubling.together.ask(-3)


async def test_others_get_their_answers_when_one_caller_is_cancelled():
    doubling = Doubling()
    gone, stays = (asyncio.create_task(doubling.together.ask(number)) for number in (1, 2))
    while not doubling.batches:
        await asyncio.sleep(0)
    gone.cancel()
    doubling.gate.set()
    assert await stays == 4
    assert gone.cancelled()
