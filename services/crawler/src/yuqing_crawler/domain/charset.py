"""Turns a page's bytes into text, whatever they claim to be: a declared charset is believed only as far as the bytes bear it out."""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

_SAMPLE_BYTES = 65_536
_CERTAIN_SEQUENCES = 4
"""GBK or Big5 text that happens to be valid UTF-8 never has this many multi-byte sequences in a row of bytes."""

_MULTI_BYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
# The most frequent characters of written Chinese, simplified and traditional. Text read in the wrong charset has hardly any of them.
_FREQUENT = frozenset(
    "的一是不了在人有我他这这個中大来來上国國个到说說们們为為子和你地出道也时時年得就那要下以生会會自着去之过過家学學对對可里裡后後小么麼心多天而能好都然没"
    "沒日于於起还還发發成事只作当當想看文无無开開手十用主行方又如前所本见見经經头頭面公同三已老从從动動两兩长長"
)
_FAMILIES = {
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "hz": "hz", "big5": "big5hkscs", "cp950": "big5hkscs",
    "iso8859-1": "cp1252", "ascii": "cp1252",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and the name of the charset it was read in."""

    text: str
    charset: str


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Reads a page's bytes. `content_type` is the HTTP header, if any. Never fails: bytes that fit no charset become U+FFFD.

    Order of belief: byte order mark, UTF-8 that proves itself, the header, the page's own declaration, the content.
    A cut-off last character is no error.
    """
    mark, stripped = _by_mark(body)
    if mark:
        return Decoded(stripped.decode(mark, "replace"), mark)
    if not _HIGH_BYTE.search(body) and b"\x1b" not in body:
        return Decoded(body.decode("ascii"), "utf-8")
    declared = _declared(body, content_type)
    candidates = [*(["utf-8"] if _proves_utf_8(body) else []), *declared, "utf-8"]
    for charset in dict.fromkeys(candidates):
        text = _strictly(body, charset)
        if text is not None and (charset == "utf-8" or _plausible(text, charset, body)):
            return Decoded(text, charset)
    return _by_content(body, declared)


def _by_mark(body: bytes) -> tuple[str, bytes]:
    mark, length = read_bom(body)
    return (mark, body[len(length) :]) if mark and length else ("", body)


def _declared(body: bytes, content_type: str) -> list[str]:
    named = (http_content_type_encoding(content_type), html_body_declared_encoding(body[:4096]))
    return [family(name) for name in named if name]


def family(charset: str) -> str:
    """The charset that a name is read as: the GB family as GB18030, Big5 with the Hong Kong characters, ASCII as Windows reads it."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "utf-8"
    return _FAMILIES.get(name, name)


def _proves_utf_8(body: bytes) -> bool:
    if _strictly(body, "utf-8") is None:
        return False
    return any(found >= _CERTAIN_SEQUENCES for found, _ in enumerate(_MULTI_BYTE.finditer(body), start=1))


def _strictly(body: bytes, charset: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(charset)("strict").decode(body)
    except (UnicodeError, LookupError, ValueError):
        return None


def _plausible(text: str, charset: str, body: bytes) -> bool:
    """Whether a strict reading makes sense: the other Chinese charset must not read clearly better, and Latin-1 must look like Latin."""
    rivals = [other for other in ("gb18030", "big5hkscs") if other != charset]
    if charset in ("cp1252", "gb18030", "big5hkscs") or charset.startswith("iso8859"):
        own = _frequency(text)
        for rival in rivals:
            other = _strictly(body[:_SAMPLE_BYTES], rival)
            if other is not None and _frequency(other) > own + 0.1:
                return False
    return True


def _frequency(text: str) -> float:
    """Share of frequent Chinese characters among all characters beyond ASCII (about 0.3 in real text, under 0.05 in misread text)."""
    beyond = [character for character in text[:_SAMPLE_BYTES] if character > "\x7f"]
    return sum(character in _FREQUENT for character in beyond) / len(beyond) if beyond else 0.0


def _by_content(body: bytes, declared: list[str]) -> Decoded:
    chinese = [(charset, text) for charset in ("gb18030", "big5hkscs") if (text := _strictly(body, charset)) is not None]
    best = max(chinese, key=lambda pair: _frequency(pair[1]), default=None)
    if best is not None and _frequency(best[1]) >= 0.1:
        return Decoded(best[1], best[0])
    # No charset reads all of it. A declared or Chinese one with a few bad bytes is nearer the truth than a guess.
    tolerant = [*declared, "utf-8", "gb18030", "big5hkscs"]
    readings = [(charset, _tolerantly(body, charset)) for charset in dict.fromkeys(tolerant)]
    charset, text = min(readings, key=lambda reading: reading[1].count("�"))
    if text.count("�") * 50 < len(text):
        return Decoded(text, charset)
    guess = from_bytes(body[:_SAMPLE_BYTES]).best()
    guessed = family(guess.encoding) if guess is not None else charset
    return Decoded(_tolerantly(body, guessed), guessed)


def _tolerantly(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except (LookupError, UnicodeError, ValueError):
        return body.decode("utf-8", "replace")
