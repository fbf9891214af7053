"""How a fetch may end: each ends in exactly one of these, which is counted, shown in previews and summed up in a source's health."""

from enum import StrEnum


class Outcome(StrEnum):
    """The end of one fetch (结局)."""

    STORED = "stored"
    """Read; it gave documents that are new or changed."""
    UNCHANGED = "unchanged"
    """Read; nothing in it is new."""
    READ = "read"
    """Read; it gave no documents, only further pages or nothing."""
    NOT_MODIFIED = "not_modified"
    """The host says, or the same bytes show, that it is as it was."""
    VANISHED = "vanished"
    """404 or 410 at a known mention's address."""
    ROBOTS = "robots"
    GUARD = "guard"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    REDIRECTS = "redirects"
    RATE_LIMITED = "rate_limited"
    """429 or 503: the host wants to be left alone for a while."""
    HELD = "held"
    """Not asked, because its host wants to be left alone for a while."""
    LOGIN = "login"
    """401 or 403."""
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    BROKEN = "broken"
    """The response broke off or cannot be decompressed."""
    PARSE_ERROR = "parse_error"
    FAILED = "failed"
    """Anything else; the log says what."""


GOOD = frozenset({Outcome.STORED, Outcome.UNCHANGED, Outcome.READ, Outcome.NOT_MODIFIED, Outcome.VANISHED})
REFUSALS = frozenset({Outcome.ROBOTS, Outcome.GUARD, Outcome.LOGIN})
PASSING = frozenset(
    {Outcome.TIMEOUT, Outcome.DNS, Outcome.CONNECTION, Outcome.RATE_LIMITED, Outcome.HELD, Outcome.HTTP_5XX, Outcome.BROKEN, Outcome.FAILED}
)
"""What may be otherwise next time: the page stays on the list of those to be read."""
OVERLOADED = frozenset({Outcome.TIMEOUT, Outcome.CONNECTION, Outcome.RATE_LIMITED, Outcome.HTTP_5XX})
"""What says that a host is better asked more slowly."""


def of_status(status: int) -> Outcome | None:
    """The outcome that a status code alone decides, or None where the page is to be read."""
    if status == 304:
        return Outcome.NOT_MODIFIED
    if status in (429, 503):
        return Outcome.RATE_LIMITED
    if status in (401, 403):
        return Outcome.LOGIN
    if 300 <= status < 400:
        return Outcome.REDIRECTS
    if 400 <= status < 500:
        return Outcome.HTTP_4XX
    return Outcome.HTTP_5XX if status >= 500 else None
