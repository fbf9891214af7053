"""Finds the places that a text names, and tells them from roads, dishes, brands and words that look alike."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

from yuqing_scoring.domain.places.divisions import Division
from yuqing_scoring.domain.places.gazetteer import Gazetteer, Meaning, Standing
from yuqing_scoring.domain.scan import Hit, ScannedText, WordList

_NO_PLACE_BEFORE: Final = re.compile(
    r"[东西南北中一二三]?(?:路(?!局|程|上|况|透|边)|大?街|大道|巷|胡同|弄堂)"  # a road
    r"|(?:手工|老)?(?:菜(?!市|场|农|价|鸟)|料理|拉面|刀削面|小面|米线|米粉|肠粉|火锅|小吃|烤鸭|烤肉|烤鱼(?!在)|卷饼|凉皮|肉夹馍|大盘鸡|炒饭|酸汤|"
    r"红酒|香米|榴莲|龙虾|生蚝|大闸蟹|羊肉串|土特产|扒鸡|鸭脖|热干面|豆腐|臭豆腐|辣酱|奶茶)"  # a dish
    r"|人(?![民社大均口才员工造类流群数事寿们]|行)|老乡|大汉|姑娘|籍|媳妇|妹子|小伙"  # where people are from
    r"|话(?!题|费|剧)|方言|口音|腔|域(?!名)|间(?:隔|距)"
)
"""What makes of the name before it something else than a place."""
_BEFORE_A_PLACE: Final = re.compile(r"(?:在|到|去|从|赴|回|来|抵|抵达|于|往|至|来自|飞|住|逛|游|玩转|离开|坐标|路过|途经|前往|那边|和|与)$")
_AFTER_A_PLACE: Final = re.compile(
    r"市|县|州|省|人民|机场|车?站|高铁|高速|古城|老城|城区|城里|当地|本地|警方|公安|法院|政府|某|一[家名男女中小]|这边|那边|今[年天日]|昨|游|旅游|之旅|海鲜"
)
_NOT_A_PLACE_THEN: Final = re.compile(r"[前后时之即了着过]|以前|以后")
_JOINTS: Final = frozenset(["", " ", "·", "-", ",", "省", "市", "的", "省的"])
_LONGEST_SHORT_NAME: Final = 4
_NAME_TAGS: Final = frozenset(["ns", "nt", "nz"])
_CERTAIN, _LIKELY, _PROBABLE, _POSSIBLE = 0.97, 0.9, 0.75, 0.6


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A division named at [start, end), and how probable it is that it is meant."""

    start: int
    end: int
    division: Division
    probability: float


@dataclass(frozen=True)
class PlaceFinder:
    """Finds the names of a gazetteer. `meanings`: what each word of `words` may mean."""

    gazetteer: Gazetteer
    words: WordList
    meanings: Sequence[Sequence[Meaning]]

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> "PlaceFinder":
        return cls(gazetteer, WordList(gazetteer.names), list(gazetteer.names.values()))

    def find(self, scanned: ScannedText) -> list[PlaceMention]:
        """The places that a text names, in order."""
        sure: list[PlaceMention] = []
        open_hits: list[Hit] = []
        for hit in self._hits(scanned):
            meanings = self.meanings[hit.word]
            found = _within_the_one_before(scanned.text, hit, meanings, sure) or _by_itself(scanned, hit, meanings)
            if found:
                sure.append(found)
            else:
                open_hits.append(hit)
        if not open_hits:
            return sure
        return sorted([*sure, *self._by_others(scanned, open_hits, sure)], key=lambda mention: mention.start)

    def _hits(self, scanned: ScannedText) -> Iterator[Hit]:
        """Names that may stand for a place; of a name that is cut through by words (国内江苏) the one that it hid."""
        for hit in self.words.hits(scanned.text):
            meanings = self.meanings[hit.word]
            if not meanings or _NO_PLACE_BEFORE.match(scanned.text, hit.end):
                continue
            if meanings[0].standing is Standing.FULL or _stands_apart(scanned, hit):
                yield hit
            else:
                yield from self._hidden(scanned, hit)

    def _hidden(self, scanned: ScannedText, hidden_by: Hit) -> Iterator[Hit]:
        start = hidden_by.start + 1
        for word, begin, end in self.words.hits(scanned.text[start : hidden_by.end + _LONGEST_SHORT_NAME])[:1]:
            hit = Hit(word, begin + start, end + start)
            if hit.start < hidden_by.end < hit.end and self.meanings[word] and _stands_apart(scanned, hit):
                yield hit

    def _by_others(self, scanned: ScannedText, hits: Sequence[Hit], sure: Sequence[PlaceMention]) -> Iterator[PlaceMention]:
        """Names that only the other places of the text explain: a county by its province, a short name by the full one."""
        named = {id(mention.division) for mention in sure}
        for hit in hits:
            candidates = self.meanings[hit.word]
            known = [division for division, _ in candidates if id(division) in named]
            inside = _inside([division for division, _ in candidates], named)
            full = [division for division, standing in candidates if standing is Standing.FULL]
            if known:
                yield PlaceMention(hit.start, hit.end, known[0], _LIKELY)
            elif inside and (inside[0] in full or (candidates[0].standing is not Standing.WORD and _is_a_place_word(scanned, hit))):
                yield PlaceMention(hit.start, hit.end, inside[0], _PROBABLE)
            elif full:
                first = self.gazetteer.preferred.get(scanned.text[hit.start : hit.end])
                yield PlaceMention(hit.start, hit.end, first or full[0], _POSSIBLE if first else 1 / len(full))


def _within_the_one_before(text: str, hit: Hit, meanings: Sequence[Meaning], found: Sequence[PlaceMention]) -> PlaceMention | None:
    """What belongs to the place named right before it: 辽宁朝阳, 青岛市市南区."""
    if not found or hit.start - found[-1].end > len("省的") or text[found[-1].end : hit.start] not in _JOINTS:
        return None
    inner = [division for division, _ in meanings if division.lies_in(found[-1].division)]
    return PlaceMention(hit.start, hit.end, inner[0], _CERTAIN) if inner else None


def _by_itself(scanned: ScannedText, hit: Hit, meanings: Sequence[Meaning]) -> PlaceMention | None:
    """A name that nothing else has, or that the words around it make a place."""
    division, standing = meanings[0]
    if standing is Standing.SHORT:
        return PlaceMention(hit.start, hit.end, division, _LIKELY)
    if standing is Standing.FULL and sum(other is Standing.FULL for _, other in meanings) == 1:
        return PlaceMention(hit.start, hit.end, division, _CERTAIN)
    if standing is Standing.WEAK and _is_meant(scanned, hit):
        return PlaceMention(hit.start, hit.end, division, _PROBABLE)
    return None


def _is_meant(scanned: ScannedText, hit: Hit) -> bool:
    """Whether the words around a name that is a word too say that a place is meant."""
    text = scanned.text
    begin, _ = scanned.clause(hit.start)
    if _NOT_A_PLACE_THEN.match(text, hit.end):
        return False
    if hit.start == begin:
        return text.startswith("的", hit.end) or _AFTER_A_PLACE.match(text, hit.end) is not None
    return _BEFORE_A_PLACE.search(text, begin, hit.start) is not None or _AFTER_A_PLACE.match(text, hit.end) is not None


def _stands_apart(scanned: ScannedText, hit: Hit) -> bool:
    """Whether it is cut out as a word, alone or with what follows where that is a name too (武汉长江大桥)."""
    token = scanned.word(hit.start)
    return token is not None and (token.end == hit.end or (token.end > hit.end and token.tag in _NAME_TAGS))


def _inside(divisions: Sequence[Division], named: Set[int]) -> list[Division]:
    """Those that lie in a place named (`named` are their ids), the one in the smallest of them first."""
    heights = {division: next((higher.level for higher in division.above() if id(higher) in named), None) for division in divisions}
    inside = [(height, division) for division, height in heights.items() if height is not None]
    return [division for _, division in sorted(inside, key=lambda each: -each[0])]


def _is_a_place_word(scanned: ScannedText, hit: Hit) -> bool:
    token = scanned.word(hit.start)
    return token is not None and token.end >= hit.end and token.tag == "ns"
