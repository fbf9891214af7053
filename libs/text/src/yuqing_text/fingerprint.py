"""Tells whether two texts say the same, whatever their spelling and punctuation."""

import hashlib

from yuqing_text.normal import normalize
from yuqing_text.tokens import token_text


def content_hash(title: str, body: str) -> str:
    """SHA-256 (64 hexadecimal digits) over the tokens of title and body. A part without tokens (emoji alone) counts by its normal form."""
    return hashlib.sha256(f"{_content(title)}\n{_content(body)}".encode("utf-8", "surrogatepass")).hexdigest()


def _content(text: str) -> str:
    return token_text(text) or "".join(normalize(text).split())
