"""Names documents and pages by short hashes, so that 'seen before', 'changed' and 'erased' are questions of equality."""

import hashlib

KEY_BYTES = 16
"""128 bits: among 10^12 documents two share a key with a chance below 10^-14."""


def document_key(site: str, native_id: str, url: str) -> bytes:
    """Which document it is: by the site's own id before the (canonical) address, as the index does."""
    return _digest("native", site, native_id) if native_id else address_key(url)


def address_key(url: str) -> bytes:
    """Which page it is. The fragment counts: some sites tell pages apart by it only."""
    return _digest("address", url)


def follow_key(once_key: str) -> bytes:
    """Which page a page led to, by what its kind says is once enough."""
    return _digest("follow", once_key)


def revisit_key(document: bytes) -> bytes:
    """Under which key the second looks at a document are remembered."""
    return _digest("revisit", document.hex())


def text_hash(text: str) -> bytes:
    """Which text it is, to see edits."""
    return _digest("text", text)


def content_hash(content: bytes) -> bytes:
    """What a document says, to see whether a later fetch says something else."""
    return hashlib.blake2b(content, digest_size=KEY_BYTES).digest()


def _digest(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()
