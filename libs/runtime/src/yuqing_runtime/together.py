"""Does in one go what is asked for at the same time, so that one transaction, sync or hop between threads serves many callers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """Calls that come while a batch is worked on gather for the next, so batches grow with the load.

    `work` gives a result for each item, in their order. A batch that fails is repeated item by item, so `work` must be all or nothing, or repeatable.
    With `gather_seconds` a batch that is not full waits so long for company: where one costs hardly less than many, and nobody is in a hurry.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, most: int, gather_seconds: float = 0.0) -> None:
        self._work = work
        self._most = most
        self._gather_seconds = gather_seconds
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Result:
        """The result for this item. Errors: what `work` raises for it alone."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work_all())
        return await future

    async def _work_all(self) -> None:
        while self._waiting:
            if self._gather_seconds and len(self._waiting) < self._most:
                await asyncio.sleep(self._gather_seconds)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                results = await self._work([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - one item that cannot be done must not take the others along
                await self._one_by_one(batch, error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    _settle(future, result)

    async def _one_by_one(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]], cause: Exception) -> None:
        for item, future in batch:
            try:
                outcome: Result | Exception = cause if len(batch) == 1 else (await self._work([item]))[0]
            except Exception as error:  # noqa: BLE001 - it is handed to who waits for this item
                outcome = error
            _settle(future, outcome)


def _settle(future: "asyncio.Future[Result]", outcome: Result | Exception) -> None:
    if future.done():  # whoever waited was cancelled
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
