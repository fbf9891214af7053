"""Finds products: works in 《》, a name with a model (星河Z9 Pro), a brand with its goods (椰风牌椰子汁), known products."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from yuqing_scoring.domain.entities.lexicon import WordKind, words_of
from yuqing_scoring.domain.entities.naming import NEVER_IN_NAMES, STOP_TAGS, NameMention
from yuqing_scoring.domain.labels.text_labels import EntityKind
from yuqing_scoring.domain.scan import Hit, ScannedText, Token

_GENERIC: Final = words_of(WordKind.GENERIC) | words_of(WordKind.INSIDE)
_WORK: Final = re.compile(r"《([^《》\n]{1,30})》")
_DOCUMENT: Final = re.compile(
    r"(?:法|条例|办法|规定|通知|通告|公告|意见|标准|协议|合同|声明|报告|说明|决定|通报|方案|细则|规范|纲要|规划|公约|须知|书|函|批复|决议|指南|守则|制度|草案|清单|目录|解释|准则|规程|令)(?:\([^)]*\))?$"
)
_PRESS: Final = re.compile(r"(?:报|周刊|新闻|杂志|时报)$")
_LATIN: Final = re.compile("[a-z]")
_GRADE: Final = r"(?:[ -]?(?:pro|max|plus|ultra|mini|air|lite|turbo|青春版|至尊版|尊享版|标准版|旗舰版|\+))*"
_MODEL: Final = re.compile(rf"(?:[a-z]{{1,10}}[- ]?[0-9]{{1,4}}[a-z]{{0,3}}|[0-9]{{1,4}}[a-z]{{1,3}}[0-9]{{0,3}}){_GRADE}(?![a-z0-9.])")
_FAMILY: Final = re.compile(
    r"(?:iphone|ipad|macbook|thinkpad|thinkbook|galaxy|redmi|mate|nova|matebook|surface|model|airpods|switch|ps)"
    rf"[ -]?(?:[0-9]{{1,3}}[a-z]?|[a-z])?{_GRADE}(?![a-z0-9])"
)
_AFTER_BRAND: Final = re.compile(
    rf"[ ]?(?:[a-z]{{1,8}}[ -]?)?[0-9]{{1,3}}[a-z]{{0,2}}{_GRADE}(?![a-z0-9.%])(?![年月日号亿万元块个家人名倍次天周款折点时分秒多万千百度])"
)
_NO_MODEL: Final = re.compile(
    r"(?:[2-6]g|rmb|qq|[248]k|3d|h[0-9]+n[0-9]+|pm ?[0-9]|covid|a[0-9]|b[0-9]+|vip[0-9]*|usb|type|top ?[0-9]+|no[. ]?[0-9]+"
    r"|[0-9]+(?:cm|mm|kg|km|ml|g|gb|tb|w|v|l|m|h|x|s|mb|k|p|d|mah|min|rmb|ps)$)"
)
_NO_MODEL_THEN: Final = re.compile(r"次|号|航站楼|纸|座|路|级|区|栋|单元|室|高速|国道|网络|信号|时代|线|店|景区|股|楼|站|班|出口|口")
_GENERATION: Final = re.compile(r"([\u4e00-\u9fff]{2,6})([0-9]|[二三四五六七八九])代")
_NO_PRODUCT: Final = re.compile("[第传几历]")
_BRANDED: Final = re.compile(r"([\u4e00-\u9fff]{2,4})牌([\u4e00-\u9fff]{2,6})")
_NO_BRAND: Final = re.compile(r"(?:品|招|名|大|车|门|金|银|铜|奖|打|老|杂|摊|洗|出|路|号|盾|王|底)$")
_GOODS: Final = re.compile(
    r"(?:扫地机器人|扫地机|电饭煲|空气炸锅|剃须刀|吹风机|净水器|空气净化器|洗衣机|洗碗机|热水器|电冰箱|冰箱|空调|电视机|电视|手机|平板电脑|平板|笔记本电脑|笔记本|电脑|耳机|音箱|手表|手环|相机|滑板|跑鞋|球鞋|"
    r"电动车|自行车|摩托车|轿车|轮胎|插座|台灯|刹车软管|奶粉|酸奶|牛奶|饮料|椰子汁|果汁|矿泉水|面膜|洗发水|牙膏|保温杯|水杯|床垫|沙发|玩具|积木|套装)"
)


def products(scanned: ScannedText, hits: Mapping[WordKind, Sequence[Hit]]) -> Iterator[NameMention]:
    """The products named, and the newspapers in 《》, in no order; some may overlap."""
    text = scanned.text
    for hit in hits.get(WordKind.PRODUCT, ()):
        yield _product(text, hit.start, hit.end)
    if "《" in text:
        yield from _works(text)
    if "牌" in text:
        yield from _branded(scanned)
    if "代" in text:
        yield from _generations(scanned)
    yield from _models(scanned, {hit.end: hit.start for hit in hits.get(WordKind.BRAND, ())})


def _product(text: str, start: int, end: int) -> NameMention:
    return NameMention(EntityKind.PRODUCT, start, end, text[start:end])


def _works(text: str) -> Iterator[NameMention]:
    for found in _WORK.finditer(text):
        start, end = found.span(1)
        if _PRESS.search(found[1]):
            yield NameMention(EntityKind.ORGANISATION, start, end, found[1])
        elif not _DOCUMENT.search(found[1]):
            yield _product(text, start, end)


def _branded(scanned: ScannedText) -> Iterator[NameMention]:
    for found in _BRANDED.finditer(scanned.text):
        goods = _goods_end(scanned, found.start(2))
        if goods > found.start(2) and not _NO_BRAND.search(found[1]):
            yield _product(scanned.text, _begin(scanned, found.start(2) - 1, {}), goods)


def _generations(scanned: ScannedText) -> Iterator[NameMention]:
    for found in _GENERATION.finditer(scanned.text):
        start = _begin(scanned, found.start(2), {})
        if found.start(2) - start >= len("海蓝") and not _NO_PRODUCT.search(scanned.text, start, found.start(2)):
            yield _product(scanned.text, start, _goods_end(scanned, found.end()))


def _models(scanned: ScannedText, brands: Mapping[int, int]) -> Iterator[NameMention]:
    text = scanned.text
    done = 0
    for end, start in brands.items():
        found = _AFTER_BRAND.match(text, end)
        if found and found.end() > end:
            yield _product(text, start, _goods_end(scanned, found.end()))
            done = found.end()
    if text.isascii() or not _LATIN.search(text):
        return
    for found in _FAMILY.finditer(text):
        yield _product(text, _begin(scanned, found.start(), brands), _goods_end(scanned, found.end()))
    for found in _MODEL.finditer(text):
        if found.start() < done or _NO_MODEL.match(found[0]) or _NO_MODEL_THEN.match(text, found.end()):
            continue
        start, end = _begin(scanned, found.start(), brands), _goods_end(scanned, found.end())
        if (found.start() - start >= len("海蓝") and (start in brands.values() or not found[0][0].isdigit())) or (
            end > found.end() and not found[0][0].isdigit()
        ):
            yield _product(text, start, end)


def _begin(scanned: ScannedText, place: int, brands: Mapping[int, int]) -> int:
    """Where the words that name a model begin: a brand, or at most two words that can be a name."""
    if place in brands:
        return brands[place]
    if place == 0 or not "\u4e00" <= scanned.text[place - 1] <= "\u9fff":
        return place
    words = scanned.words(place - 1)
    start = place
    token = words.ending(place)
    while token is not None and place - token.start <= len("海之蓝牌") and _names(scanned.text, token):
        start = token.start
        token = words.ending(start)
    return start


def _names(text: str, token: Token) -> bool:
    word = text[token.start : token.end]
    if len(word) == 1:
        return word not in NEVER_IN_NAMES
    return word not in _GENERIC and token.tag not in STOP_TAGS and token.tag not in {"v", "vn", "a", "ad", "vg"}


def _goods_end(scanned: ScannedText, end: int) -> int:
    goods = _GOODS.match(scanned.text, end)
    return goods.end() if goods else end
