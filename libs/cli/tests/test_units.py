"""Processes are started from the midst of gRPC calls, as a service that crashed is started again while the others are probed."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest

from yuqing_embedded.places import places
from yuqing_embedded.processes import Launch, spawn

CHILDREN = 100
CALLERS = 8


async def echo(request: bytes, _: object) -> bytes:
    return request


@pytest.fixture
async def busy():
    server = grpc.aio.server()
    handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Busy", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/test.Busy/Echo")

        async def calls() -> None:
            while True:
                assert await call(b"x") == b"x"

        callers = [asyncio.ensure_future(calls()) for _ in range(CALLERS)]
        yield callers
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    await server.stop(None)


async def test_every_child_runs_when_its_parent_is_in_the_midst_of_grpc_calls(busy, tmp_path: Path):
    launch = Launch(("/bin/echo", "up"), {}, Path("/"), owner=places().owner)

    def start() -> tuple[int, str]:
        child = spawn(launch, tmp_path / "output")
        return child.wait(), (tmp_path / "output").read_text()

    assert {await asyncio.to_thread(start) for _ in range(CHILDREN)} == {(0, "up\n")}
    assert not any(caller.done() for caller in busy)
