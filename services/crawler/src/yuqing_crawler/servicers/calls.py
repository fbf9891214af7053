"""What every writing call does: once for each request id, in one transaction, by a known caller; and how lists are cut into pages."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime import idempotency
from yuqing_runtime.access import current_caller
from yuqing_runtime.database import Database
from yuqing_runtime.idempotency import Attempt
from yuqing_runtime.pages import PageTokens, Position, page_size, paged_query

Reply = TypeVar("Reply", bound=Message)


async def write_once(database: Database, request: Any, reply: type[Reply], effect: Callable[[AsyncConnection], Awaitable[Reply]]) -> Reply:
    """The effect's reply, kept under the request's `request_id`: the same call again gets the same reply without a second effect."""
    body = request.SerializeToString(deterministic=True)
    attempt = Attempt.of(current_caller().principal, request.DESCRIPTOR.full_name, request_id=request.request_id, body=body)
    async with database.write() as connection:
        kept = await idempotency.once(connection, attempt)
        if kept is not None:
            return reply.FromString(kept)
        message = await effect(connection)
        await idempotency.keep(connection, attempt, message.SerializeToString())
    return message


class ListRequest(Protocol):
    """A request for one page of a list."""

    page_size: int
    page_token: str


class Lists:
    """Pages of lists: where the next one begins is signed, and bound to query and person."""

    def __init__(self, tokens: PageTokens) -> None:
        self._tokens = tokens

    def begin(self, request: Any) -> tuple[int, Position]:
        """The page's size, and the position after which it begins (None: the first)."""
        position = self._tokens.read(request.page_token, query=paged_query(request), person=current_caller().principal)
        return page_size(request.page_size), position

    def next_token(self, request: Any, position: Position) -> str:
        """The token of the page after that position."""
        return self._tokens.issue(position, query=paged_query(request), person=current_caller().principal)
