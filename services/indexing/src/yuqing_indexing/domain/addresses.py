"""One spelling for each address, because the same page is linked in many ways and must be one mention.

The rules are fixed for ever: ids are made of what they give. A new rule would give known pages new ids.
"""

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Parameters that say how a reader came here, not what is read.
_TRACKING = re.compile(r"(utm_[^=]*|spm|from|fbclid|gclid)(=.*)?", re.IGNORECASE | re.DOTALL)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN = re.compile(r"[A-Za-z0-9!$&'()*+,;=:@/?\-._~|\[\]]*")
_SAFE = "%!$&'()*+,;=:@/?[]-._~|"
# One site under several names: a canonical link from the one to the other is believed.
_SAME_SITE_PREFIXES = ("www.", "m.", "wap.", "mobile.", "3g.", "amp.")


@lru_cache(maxsize=16_384)
def canonical_address(url: str) -> str:
    """The address in its one spelling; what is no http address with a host is only stripped of white space and fragment.

    Scheme and host in lower case, default port, user and fragment gone, tracking parameters (utm_*, spm, from, fbclid, gclid) gone, the other
    parameters sorted, no slash at the end, percent-encoding as RFC 3986 §6.2.2 has it. Applying it twice changes nothing.
    """
    stripped = url.strip()
    try:
        parts = urlsplit(stripped)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _escaped(stripped.partition("#")[0])
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return _escaped(stripped.partition("#")[0])
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else ""
    path = _escaped(parts.path).rstrip("/")
    query = _query(parts)
    return f"{parts.scheme}://{_host(host)}{shown_port}{path}{'?' if query else ''}{query}"


def address_identity(url: str) -> str:
    """What two addresses of the same page share: the canonical address without its scheme (http and https show the same page)."""
    address = canonical_address(url)
    scheme, separator, rest = address.partition("://")
    return rest if separator and scheme in _DEFAULT_PORTS else address


def is_credible_canonical(canonical_url: str, url: str) -> bool:
    """Whether a page at `url` may say that it lives at `canonical_url`.

    Not another site's address: that is a copy, and a copy is a mention of its own. Not the home page for a page below it: sites with one
    template for all pages say so of every article.
    """
    if not canonical_url:
        return False
    if not url:
        return True
    try:
        canonical, own = urlsplit(canonical_address(canonical_url)), urlsplit(canonical_address(url))
    except ValueError:
        return False
    if not canonical.netloc or _site(canonical.netloc) != _site(own.netloc):
        return False
    leads_home = not canonical.path and not canonical.query
    return not leads_home or (not own.path and not own.query)


def _site(host: str) -> str:
    for prefix in _SAME_SITE_PREFIXES:
        if host.startswith(prefix):
            return host.removeprefix(prefix)
    return host


def _host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    lowered = host.lower().rstrip(".")
    if lowered.isascii():
        return lowered
    try:
        return lowered.encode("idna").decode("ascii")
    except UnicodeError:
        return _escaped(lowered)


def _query(parts: SplitResult) -> str:
    kept = [_escaped(pair) for pair in parts.query.split("&") if pair and not _TRACKING.fullmatch(pair)]
    return "&".join(sorted(kept))


def _escaped(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text  # most addresses: the long way costs thirty times as much
    return _ESCAPE.sub(_decode, quote(text, safe=_SAFE, errors="replace"))


def _decode(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else f"%{match[1].upper()}"
