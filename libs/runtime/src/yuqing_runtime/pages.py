"""Page tokens: signed, so that nobody makes one up, and bound to query and person, so that nobody takes one elsewhere."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message

from yuqing_runtime.errors import FieldViolation, InvalidArgument, OutOfRange

DEFAULT_PAGE_SIZE = 50
MAXIMUM_PAGE_SIZE = 1000
_SIGNATURE_BYTES = 16

Position = None | bool | int | float | str | list["Position"] | dict[str, "Position"]
"""Where the next page begins: any JSON value, such as the sort values of the last row."""


class InvalidPageToken(InvalidArgument):
    """The token was not issued here, or for another query or person."""

    default_reason = "INVALID_PAGE_TOKEN"


class PageTokenExpired(OutOfRange):
    """The token's time is over: begin again with the first page."""

    default_reason = "PAGE_TOKEN_EXPIRED"


def page_size(requested: int) -> int:
    """The size of a page: 50 where none is asked for (0), at most 1,000. Errors: InvalidArgument for a negative one."""
    if requested < 0:
        raise InvalidArgument.of("page_size", "must not be negative")
    return min(requested or DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE)


def paged_query(request: Message) -> bytes:
    """What the tokens of a request's pages belong to: its serialised form without page size and token."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_size")
    bare.ClearField("page_token")
    return bare.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class PageTokens:
    """Issues and reads tokens under `key` (32 bytes, the same in all replicas; `Sealer.derive("page-tokens")`)."""

    key: bytes
    clock: Callable[[], float] = time.time

    def issue(self, position: Position, *, query: bytes, person: str, lifetime_seconds: float = 86_400) -> str:
        """A token for the page at `position` of this query (see `paged_query`) and person."""
        content = json.dumps([int(self.clock() + lifetime_seconds), position], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(content, query, person) + content).decode().rstrip("=")

    def read(self, token: str, *, query: bytes, person: str) -> Position:
        """The position; None for the empty token, which means the first page. Errors: InvalidPageToken, PageTokenExpired."""
        if not token:
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _invalid() from None
        signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(content, query, person)):
            raise _invalid()
        expires_at, position = json.loads(content)
        if self.clock() > expires_at:
            raise PageTokenExpired("the page token has expired: begin again with the first page")
        return position

    def _sign(self, content: bytes, query: bytes, person: str) -> bytes:
        bound = hashlib.sha256(query).digest() + hashlib.sha256(person.encode()).digest() + content
        return hmac.new(self.key, bound, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _invalid() -> InvalidPageToken:
    why = "was not issued for this query and person"
    return InvalidPageToken(f"page_token: {why}", violations=(FieldViolation("page_token", why),))
