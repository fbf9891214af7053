"""Addresses as the crawler compares them: absolute, without what only tracks the reader."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

_TRACKING = re.compile(
    r"^(?:utm_\w+|spm|scm|share_?(?:from|source|medium|token|id)\w*|fbclid|gclid|yclid|msclkid|_ga|ref_src|isappinstalled|wxshare_count)$"
)
_DEFAULT_PORT = re.compile(r"^(http://[^/?#]+):80(?=[/?#]|$)|^(https://[^/?#]+):443(?=[/?#]|$)")
_NOT_PAGES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|pdf|zip|rar|7z|gz|exe|apk|mp[34]|avi|mov|flv|docx?|xlsx?|pptx?|woff2?|ttf)$", re.IGNORECASE
)


def absolute(base: str, reference: str) -> str:
    """The http(s) address that a reference on a page means; empty where it means none (nothing, mailto:, javascript:, nonsense)."""
    if not reference.strip():
        return ""
    try:
        joined = urljoin(base, reference.strip())
        parts = urlsplit(joined)
    except ValueError:
        return ""
    return joined if parts.scheme in ("http", "https") and parts.hostname else ""


def canonical_address(url: str) -> str:
    """One address for one page: host in lower case, query sorted and without tracking, no fragment unless it is a route (#!/…)."""
    try:
        parts = urlsplit(url)
        names = [pair.partition("=")[0] for pair in parts.query.split("&")]
        cleaned = url_query_cleaner(url, [name for name in names if _TRACKING.match(name)], remove=True, keep_fragments=True)
        canonical = canonicalize_url(cleaned, keep_fragments=parts.fragment.startswith(("!", "/")))
        return _DEFAULT_PORT.sub(r"\1\2", canonical)
    except ValueError:
        return url


def site_of(url: str) -> str:
    """The host that a document belongs to, without port and without a leading www."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def registered_name(host: str) -> str:
    """About the name that the site's owner registered: its last two labels, three below the likes of com.cn."""
    labels = host.split(".")
    second_level = len(labels) > 2 and labels[-2] in ("com", "net", "org", "gov", "edu", "co", "ac") and len(labels[-1]) == 2
    return ".".join(labels[-3:] if second_level else labels[-2:])


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one site: news.example.com and www.example.com do."""
    return registered_name(site_of(one)) == registered_name(site_of(other)) != ""


def is_page(url: str) -> bool:
    """Whether an address may be a page and is not a file of another kind."""
    return _NOT_PAGES.search(urlsplit(url).path) is None


def without_fragment(url: str) -> str:
    """The address of the page that an anchor stands on."""
    return urlunsplit(urlsplit(url)._replace(fragment=""))
