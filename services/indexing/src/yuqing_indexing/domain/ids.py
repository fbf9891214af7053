"""Ids of mentions: made of what a page calls itself, so that a document sent twice is one mention, whoever sends it."""

import hashlib
from datetime import datetime

from yuqing_indexing.domain.addresses import address_identity, is_credible_canonical

ID_LENGTH = 32
"""Hexadecimal digits, 128 bits: two of a trillion mentions meet by chance with probability below 10⁻¹⁴."""


def mention_id(site: str, native_id: str, url: str) -> str:
    """The id of a mention first seen so: by the site's own id where there is one, by the canonical address otherwise."""
    return native_key(site, native_id) if native_id else address_key(url)


def native_key(site: str, native_id: str) -> str:
    """The key of a site's own id; sites are told apart without regard to case, native ids are not."""
    return _key("native", site.strip().lower(), native_id.strip())


def address_key(url: str) -> str:
    """The key of an address; all spellings of it have the same."""
    return _key("url", address_identity(url))


def identity_keys(*, site: str, native_id: str, url: str, canonical_url: str) -> tuple[str, ...]:
    """The keys by which a document is known, strongest first: native id, canonical link (where it can be believed), address.

    A floor of a thread or a comment below an article has its native id alone: the address is that of the page that it shares with others.
    """
    keys: dict[str, None] = {}
    if native_id.strip():
        keys[native_key(site, native_id)] = None
        if _is_part_of_page(url, native_id.strip()):
            return tuple(keys)
    if is_credible_canonical(canonical_url, url):
        keys[address_key(canonical_url)] = None
    if url.strip():
        keys[address_key(url)] = None
    return tuple(keys)


def _is_part_of_page(url: str, native_id: str) -> bool:
    """Whether the address's fragment names the document, as in `/thread/7#p31` for the post 31."""
    fragment = url.strip().partition("#")[2]
    return bool(fragment) and (fragment.endswith(native_id) or native_id.endswith(fragment))


def observation_id(mention: str, fetched: datetime) -> str:
    """The id of what one fetch saw: a fetch that is sent again is the same observation."""
    return f"{mention}-{round(fetched.timestamp() * 1000):x}"


def tombstone_key(key: str) -> str:
    """SHA-256 (hexadecimal) of an identity key: what is left of an erased mention."""
    return hashlib.sha256(b"tombstone\0" + key.encode()).hexdigest()


def _key(namespace: str, *parts: str) -> str:
    content = "\0".join((namespace, *parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:ID_LENGTH]
