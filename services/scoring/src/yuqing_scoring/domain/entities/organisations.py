"""Finds organisations: a suffix (有限公司, 医院, 教育局) and as much before it as belongs to the name, or a known name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from yuqing_scoring.domain.entities.lexicon import WordKind, words_of
from yuqing_scoring.domain.entities.naming import NEVER_IN_NAMES, STOP_TAGS, NameMention
from yuqing_scoring.domain.labels.text_labels import EntityKind
from yuqing_scoring.domain.scan import Hit, ScannedText, Token

_UNKNOWN: Final = "unknown"
_PROPER: Final = frozenset([_UNKNOWN, "nr", "nrt", "nrfg", "nz", "nt", "ns", "eng"])
"""Kinds of words that are names by themselves; unknown ones are."""
_ACTS: Final = frozenset(["v", "vg", "a", "ad"])
_LONGEST: Final = 16
_LONGEST_CORE_OF_BUSINESS: Final = 6
_LONGEST_INSTITUTION: Final = 10
_BODIES: Final = frozenset("市省县区州镇乡村")
_INSIDE: Final = words_of(WordKind.INSIDE)
_GENERIC: Final = words_of(WordKind.GENERIC) | {"公司"}
_NO_NAMES: Final = _INSIDE | _GENERIC | words_of(WordKind.BUSINESS) | words_of(WordKind.TRADE)


def organisations(scanned: ScannedText, hits: Mapping[WordKind, Sequence[Hit]], places: Mapping[int, int]) -> Iterator[NameMention]:
    """The organisations named, in no order; some may overlap. `places`: where each place named ends, and where it begins."""
    for hit in hits.get(WordKind.KNOWN, ()):
        yield NameMention(EntityKind.ORGANISATION, hit.start, hit.end, scanned.text[hit.start : hit.end])
    for kind in _FINDERS.keys() & hits.keys():
        for hit in hits[kind]:
            mention = _FINDERS[kind](scanned, hit, places)
            if mention:
                yield mention


def _authority(scanned: ScannedText, hit: Hit, places: Mapping[int, int]) -> NameMention:
    start = _before(scanned.text, hit.start, places)
    return NameMention(EntityKind.ORGANISATION, start, hit.end, scanned.text[hit.start : hit.end])


def _bench(scanned: ScannedText, hit: Hit, places: Mapping[int, int]) -> NameMention | None:
    start = _before(scanned.text, hit.start, places)
    return NameMention(EntityKind.ORGANISATION, start, hit.end, scanned.text[start : hit.end]) if start < hit.start - 1 else None


def _company(scanned: ScannedText, hit: Hit, places: Mapping[int, int]) -> NameMention | None:
    """A registered name begins with its place."""
    words = _words_before(scanned, hit, places, _LONGEST)
    names = _names(scanned.text, words)
    if not names:
        return None
    start = _before(scanned.text, words[-1].start, places)
    return _organisation(start, hit.end, _core(scanned.text, names))


def _business(scanned: ScannedText, hit: Hit, places: Mapping[int, int]) -> NameMention | None:
    words = _words_before(scanned, hit, places, _LONGEST_CORE_OF_BUSINESS)
    names = _names(scanned.text, words)
    return _organisation(words[-1].start, hit.end, _core(scanned.text, names)) if names else None


def _trade(scanned: ScannedText, hit: Hit, places: Mapping[int, int]) -> NameMention | None:
    """What a trade is called makes a name only of what is no plain word (博雅生物, and not 血液生物)."""
    words = _words_before(scanned, hit, places, _LONGEST_CORE_OF_BUSINESS)
    names = _names(scanned.text, words)
    if not names or names[-1].tag not in _PROPER:
        return None
    return _organisation(words[-1].start, hit.end, _core(scanned.text, names))


def _institution(scanned: ScannedText, hit: Hit, places: Mapping[int, int]) -> NameMention | None:
    """A name of its own, or that of its place."""
    words = _words_before(scanned, hit, places, _LONGEST_INSTITUTION)
    names = _names(scanned.text, words)
    start = words[-1].start if words else hit.start
    if names:
        return _organisation(start, hit.end, _core(scanned.text, names))
    if start not in places:
        return None
    start = _before(scanned.text, start, places)
    return _organisation(start, hit.end, scanned.text[start : hit.end])


def _organisation(start: int, end: int, core: str) -> NameMention | None:
    return NameMention(EntityKind.ORGANISATION, start, end, core) if len(core) >= len("海蓝") else None


_FINDERS: Final = {
    WordKind.AUTHORITY: _authority,
    WordKind.BENCH: _bench,
    WordKind.COMPANY: _company,
    WordKind.BUSINESS: _business,
    WordKind.TRADE: _trade,
    WordKind.INSTITUTION: _institution,
}


def _before(text: str, start: int, places: Mapping[int, int]) -> int:
    """Where a body's name begins: with the places before it, or 市, 省, 区 alone."""
    if start and text[start - 1] in _BODIES and start not in places:
        return start - 1
    while start in places:
        start = places[start]
    return start


def _words_before(scanned: ScannedText, suffix: Hit, places: Mapping[int, int], longest: int) -> Sequence[Token]:
    """The words right before a suffix that may belong to a name, the nearest first, up to a place named; unknown characters in a row are one word."""
    text, end = scanned.text, suffix.start
    if end == 0 or text[end - 1] in NEVER_IN_NAMES or not text[end - 1].isalnum():
        return ()
    words: list[Token] = []
    clause = scanned.words(end - 1)
    if clause.around(suffix.end):
        return ()
    first = end
    token = clause.ending(end) or clause.around(end)
    while token is not None and first not in places and end - token.start <= longest:
        start = token.start
        if text[start].isdigit() or _stops(text[start:first], token.tag):
            break
        single = first - start == 1
        if single and words and words[-1].tag == _UNKNOWN:
            words[-1] = Token(start, words[-1].end, _UNKNOWN)
        else:
            words.append(Token(start, first, _UNKNOWN if single else token.tag))
        first = start
        token = clause.ending(first)
    return words


def _stops(word: str, tag: str) -> bool:
    if len(word) == 1:
        return word in NEVER_IN_NAMES
    return word in _GENERIC or (word not in _INSIDE and (tag in STOP_TAGS or tag in _ACTS))


def _names(text: str, words: Sequence[Token]) -> Sequence[Token]:
    return [word for word in words if text[word.start : word.end] not in _NO_NAMES]


def _core(text: str, names: Sequence[Token]) -> str:
    """The name proper: the first words that are no generic ones, as far as they stand together."""
    start = end = names[-1].start
    for word in reversed(names):
        if word.start != end:
            break
        end = word.end
    return text[start:end]
