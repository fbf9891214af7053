"""What every request meets before its route: size and rate limits, security headers. The framework itself traces and measures it."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yuqing_gateway.rest.problems import problem, problem_of, response_of

_REMEMBERED: Final = 50_000
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
Next = Callable[[Request], Awaitable[Response]]


@dataclass
class _Bucket:
    tokens: float
    at: float


class RateLimits:
    """A token bucket for each principal: a sustained rate with a burst."""

    def __init__(self, *, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_seconds(self, principal: str) -> float:
        """Takes one request out; 0 where it may go on, else the seconds until the next may."""
        now = self._clock()
        bucket = self._buckets.pop(principal, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        self._buckets[principal] = bucket
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._per_second
        bucket.tokens -= 1
        return 0.0


class Limits:
    """ASGI middleware of the limits and the headers; streams pass through it unbuffered."""

    def __init__(self, app: ASGIApp, *, rates: RateLimits, largest_request_bytes: int) -> None:
        self._app = app
        self._rates = rates
        self._largest = largest_request_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_headers(message["headers"])]
            await send(message)

        refused = self._refusal(Request(scope))
        if refused is not None:
            await refused(scope, receive, answer)
        else:
            await self._app(scope, _Measured(receive, self._largest).receive, answer)

    def _refusal(self, request: Request) -> Response | None:
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self._largest:
            return response_of(problem_of(RequestTooLarge(self._largest)))
        wait = self._rates.wait_seconds(_principal(request))
        if wait > 0:
            found = problem(HTTPStatus.TOO_MANY_REQUESTS, "too many requests: slow down", reason="RATE_LIMITED")
            return response_of(found, {"Retry-After": str(int(wait) + 1)})
        return None


class RequestTooLarge(HTTPException):
    """A body that went on beyond the limit without having said so. The framework lets this kind of exception through while it reads a body."""

    reason = "REQUEST_TOO_LARGE"

    def __init__(self, largest_bytes: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request holds at most {largest_bytes} bytes")


class _Measured:
    def __init__(self, receive: Receive, largest: int) -> None:
        self._receive = receive
        self._largest = largest
        self._left = largest

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise RequestTooLarge(self._largest)
        return message


def _principal(request: Request) -> str:
    token = request.headers.get("authorization") or request.headers.get("cookie")
    return token or (request.client.host if request.client else "unknown")


def _headers(present: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name.lower() for name, _ in present}
    return [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items() if name.lower().encode() not in names]
