"""Real gRPC between real identities: a server of one service on a free port, and channels that call it as another."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import grpc.aio

from yuqing.access.v1 import access_pb2
from yuqing_protos.calls import CALLS
from yuqing_runtime.access import Caller, set_caller
from yuqing_runtime.channels import Channels
from yuqing_runtime.keys import Identity, create_keys
from yuqing_runtime.serving import Registration, Server, start
from yuqing_runtime.tokens import PersonClaims, issue_person_token


class Town:
    """The identities of all services, in one folder of keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for service in CALLS:
            create_keys(folder, service)

    def identity(self, service: str) -> Identity:
        return Identity.load(service, self.folder)

    @asynccontextmanager
    async def running(self, service: str, servicers: Sequence[Registration], *, hosts: frozenset[str] = frozenset()) -> AsyncGenerator[str]:
        """A started server of `service`; yields its address."""
        server = Server(service, "127.0.0.1:0", self.identity(service), servicers, hosts=hosts, drain_seconds=0.5)
        running = await start(server)
        try:
            yield running.address
        finally:
            await running.stop()

    @asynccontextmanager
    async def channel(self, caller: str, callee: str, address: str) -> AsyncGenerator[grpc.aio.Channel]:
        """A channel that calls `callee` at `address` as the service `caller`."""
        async with Channels(self.identity(caller), {callee: address}.__getitem__) as channels:
            yield channels.to(callee)

    @contextmanager
    def acting(self, person: PersonClaims) -> Generator[None]:
        """Calls of this task are made for the person, as the gateway makes them."""
        token = issue_person_token(self.identity("gateway"), person)
        set_caller(Caller("gateway", person, token))
        try:
            yield
        finally:
            set_caller(Caller("gateway"))


def person(
    *roles: "access_pb2.Role.ValueType",
    name: str = "people/zhang-san",
    department: str = "departments/publicity",
    scopes: frozenset[str] | None = None,
) -> PersonClaims:
    """A person with these roles in one department."""
    memberships: Mapping[str, frozenset[access_pb2.Role.ValueType]] = {department: frozenset(roles)}
    return PersonClaims(name, "张三", memberships, scopes)
