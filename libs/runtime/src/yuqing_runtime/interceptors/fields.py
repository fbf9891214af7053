"""Checks the field rules of the contract on every single request. Items of client streams are judged one by one by the servicer:
one bad item must not end the stream that carries the good ones."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from google.protobuf.message import Message

from yuqing_runtime.interceptors.around import Around, Context
from yuqing_runtime.rules import check


class FieldRuleInterceptor(Around):
    """Refuses a request whose fields break the contract's rules, naming each of them."""

    @asynccontextmanager
    async def around(self, path: str, context: Context) -> AsyncGenerator[None]:  # noqa: ARG002 # the same around every call
        yield

    def request(self, message: Message) -> None:
        check(message)
