"""Keeps the crawler out of the organisation's own network: which addresses it may connect to, and which URLs it may ask for.

The rule for addresses is the IANA special-purpose registries (RFC 6890) as `ipaddress` knows them, plus the forms in which an IPv6 address
carries an IPv4 one (mapped, compatible, 6to4, NAT64, Teredo): the inner address counts.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


class GuardRefused(Exception):
    """The crawler may not go there. The text is for people and names the rule."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a name of the demonstration world really listens."""

    host: str
    port: int


def openings(hosts: Mapping[str, str]) -> dict[str, Opening]:
    """From name → `host:port`, the only way past the guard. Errors: ValueError for an entry without an address and port."""
    return {name.lower(): _opening(target) for name, target in hosts.items()}


def _opening(target: str) -> Opening:
    host, _, port = target.rpartition(":")
    return Opening(str(ip_address(host.strip("[]"))), int(port))


def is_public(address: Address) -> bool:
    """Whether the address is one of the public Internet: not private, loopback, link-local, shared (CGNAT), multicast or reserved."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def literal(host: str) -> Address | None:
    """The address that a host's text stands for, also as decimal, octal or hexadecimal number (`2130706433`, `0x7f.1`); None for a name."""
    text = host.strip("[]").partition("%")[0]
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text)) if text and not text[-1].isspace() else None
    except OSError:
        return None


def check_url(url: str, allowed: Mapping[str, Opening]) -> None:
    """Whether this URL may be asked for at all; what its name resolves to is checked when it is connected to. Errors: GuardRefused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise GuardRefused(f"not an address that can be fetched: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise GuardRefused(f"the scheme {parts.scheme or '(none)'} is not fetched")
    if not host or port == 0:
        raise GuardRefused("no host")
    if parts.username is not None or parts.password is not None:
        raise GuardRefused("names and passwords do not belong into an address")
    if host.rstrip(".") in allowed:
        return
    address = literal(host)
    if address is not None:
        check_address(address, host)


def check_address(address: Address, host: str) -> None:
    """Errors: GuardRefused unless the address is public."""
    if not is_public(address):
        raise GuardRefused(f"{host} is {address}, which is not an address of the public Internet")
