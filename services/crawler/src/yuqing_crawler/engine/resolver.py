"""The guard at the socket: names resolve only to addresses that were checked, and the connection goes to exactly those.

Twisted connects to what this resolver gives it and asks no second time, so a DNS answer that changes between check and connect changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from twisted.internet.address import IPv4Address as Ipv4Endpoint
from twisted.internet.address import IPv6Address as Ipv6Endpoint
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import classImplements  # pyright: ignore[reportUnknownVariableType] # it carries no types

from yuqing_crawler.domain.guard import Address, Opening, is_public, literal

_REFUSALS_KEPT = 10_000
Lookup = Callable[[str], Awaitable[Sequence[Address]]]
"""From a name to all its addresses. Errors: OSError where it has none."""


class Receiver(Protocol):
    """Twisted's IResolutionReceiver, as a type."""

    def resolutionBegan(self, resolution: object) -> None: ...  # noqa: N802
    def addressResolved(self, address: object) -> None: ...  # noqa: N802
    def resolutionComplete(self) -> None: ...  # noqa: N802


class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing to cancel: the answer of a cancelled look-up is dropped by its receiver."""


class GuardedResolver:
    """Answers with public addresses only; a name that has others besides is cut down to the public ones, one that has none is not found.

    Names of `openings` are the exception: they lead to the address and port that the setting says.
    """

    def __init__(self, openings: Mapping[str, Opening], lookup: Lookup | None = None, *, timeout_seconds: float = 10.0) -> None:
        self._openings = openings
        self._lookup = lookup or system_lookup
        self._timeout_seconds = timeout_seconds
        self._running: set[asyncio.Task[None]] = set()
        self._refused: dict[str, str] = {}

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Receiver,  # noqa: N803 - Twisted calls it by name
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: object = None,  # noqa: ARG002, N803
        transportSemantics: str = "TCP",  # noqa: ARG002, N803
    ) -> object:
        """Twisted's door: reports to the receiver, later."""
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        task = asyncio.get_running_loop().create_task(self._answer(resolutionReceiver, hostName, portNumber))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return resolution

    async def _answer(self, receiver: Receiver, host: str, port: int) -> None:
        try:
            for endpoint in await self.endpoints(host, port):
                receiver.addressResolved(endpoint)
        finally:
            receiver.resolutionComplete()

    async def endpoints(self, host: str, port: int) -> list[Ipv4Endpoint | Ipv6Endpoint]:
        """Where a connection to the host may go; empty where it may not, or is not known."""
        name = host.lower().rstrip(".")
        opening = self._openings.get(name)
        if opening is not None:
            return [_endpoint(ip_address(opening.host), opening.port)]
        given = literal(name)
        found = [given] if given is not None else await self._look_up(name)
        public = [address for address in found if is_public(address)]
        self._refused.pop(name, None)
        if found and not public:
            self._remember(name, found[0])
        return [_endpoint(address, port) for address in public]

    def _remember(self, name: str, address: Address) -> None:
        if len(self._refused) >= _REFUSALS_KEPT:
            self._refused.pop(next(iter(self._refused)))
        self._refused[name] = str(address)

    def refused_address(self, host: str) -> str | None:
        """The address for which the guard refused this host last, if it did: Twisted only learns that it found none."""
        return self._refused.get(host.lower().rstrip("."))

    async def _look_up(self, name: str) -> Sequence[Address]:
        try:
            return await asyncio.wait_for(self._lookup(name), self._timeout_seconds)
        except (OSError, TimeoutError, UnicodeError):
            return []


# Declared by a call: the decorator that Zope has for it takes the class's type away.
classImplements(_Resolution, IHostResolution)
classImplements(GuardedResolver, IHostnameResolver)


def _endpoint(address: Address, port: int) -> Ipv4Endpoint | Ipv6Endpoint:
    kind = Ipv6Endpoint if isinstance(address, IPv6Address) else Ipv4Endpoint
    return kind("TCP", str(address), port)


async def system_lookup(name: str) -> Sequence[Address]:
    """What the system's resolver says, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
