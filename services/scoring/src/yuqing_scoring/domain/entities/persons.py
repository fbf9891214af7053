"""Finds persons: a surname with a given name beside a role or a verb of speech, a surname with a title, a name made unreadable (张某)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from yuqing_scoring.domain.entities.lexicon import WordKind
from yuqing_scoring.domain.entities.naming import NameMention
from yuqing_scoring.domain.labels.text_labels import EntityKind
from yuqing_scoring.domain.scan import Hit, ScannedText, Token

_SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺"
)
_COMPOUND: Final = frozenset(
    ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木", "南宫", "独孤", "长孙", "宇文", "呼延"]
)
_SELDOM: Final = frozenset("和时来于向从都全应原成连解路常位边官计保明强台乐花查关单应易来管任")
"""Surnames that are mostly words: they make a name only with what leaves no doubt."""
_NEVER_GIVEN: Final = frozenset(
    "的了是在说称对将已被把与及等从向给让就都还又也要会能不没很再才先后前上下里中有为以因于之其这那我你他她它们个位名和或但而且吗呢吧啊呀哦者某先女总老师两三四五六七八九十涉"
)
_NAMELESS: Final = re.compile(r"[某×x*]{1,2}")
_COUNTED: Final = frozenset("一二两三四五六七八九十几每这那半整0123456789")
_FAMILIAR: Final = frozenset("小老阿")
_NO_GIVEN_TAGS: Final = frozenset(["r", "p", "c", "m", "v", "f", "q", "u"])
"""Parts of speech (of rjieba) of words that are no given names."""
_TIMES: Final = frozenset("今昨明去年月日天时现近午晚间")
_ASPECTS: Final = frozenset("着了过")
_SPEAKS: Final = frozenset("说称")
_FEWEST, _MOST = 2, 3


def persons(scanned: ScannedText, hits: Mapping[WordKind, Sequence[Hit]]) -> Iterator[NameMention]:
    """The persons named, in no order; some may overlap."""
    text = scanned.text
    roles = {hit.end: text[hit.start : hit.end] for hit in hits.get(WordKind.ROLE, ())}
    if "某" in text:
        yield from _unreadable(text, roles)
    for end, role in roles.items():
        yield from _after_role(scanned, end, role)
    titles = hits.get(WordKind.TITLE, ())
    for hit in {*titles, *hits.get(WordKind.ROLE, ())} if titles else hits.get(WordKind.ROLE, ()):
        yield from _before_title(scanned, hit, roles, is_title=hit in titles)
    for hit in hits.get(WordKind.SPEECH, ()):
        if hit.start >= _MOST or hit.start == _FEWEST:
            yield from _before_speech(scanned, hit, roles)
    for hit in hits.get(WordKind.CALLED, ()):
        yield from _after_role(scanned, hit.end, "")


def _person(text: str, start: int, end: int, role: str) -> NameMention:
    return NameMention(EntityKind.PERSON, start, end, text[start:end], role)


def _unreadable(text: str, roles: Mapping[int, str]) -> Iterator[NameMention]:
    """张某, 李某某."""
    place = text.find("某", 1)
    while place > 0:
        end = place + 1 + text.startswith("某", place + 1)
        if text[place - 1] in _SURNAMES and not text.startswith(("些", "种", "地", "个人"), end):
            yield _person(text, place - 1, end, roles.get(place - 1, ""))
        place = text.find("某", end)


def _after_role(scanned: ScannedText, place: int, role: str) -> Iterator[NameMention]:
    text = scanned.text
    if text.startswith((":", " "), place):
        place += 1
    if place < len(text):
        end = _familiar_end(scanned, place) if text[place] in _FAMILIAR else _name_end(scanned, place)
        if end:
            yield _person(text, place, end, role)


def _familiar_end(scanned: ScannedText, place: int) -> int | None:
    """小赵, 老林, 阿海: where it ends, unless it is a word (小区)."""
    end = place + 2
    token = scanned.word(place)
    is_name = token is not None and (token.end == place + 1 or (token.end == end and token.tag in {"nr", "nrt", "nrfg", "ns", "nz"}))
    return end if is_name and end <= len(scanned.text) and _is_han(scanned.text[end - 1]) and scanned.text[end - 1] not in _NEVER_GIVEN else None


def _name_end(scanned: ScannedText, place: int) -> int | None:
    """Where a name of surname and one or two more characters ends that begins here; None where none does."""
    text = scanned.text
    surname = 2 if text[place : place + 2] in _COMPOUND else 1
    given = place + surname
    if (surname == 1 and text[place] not in _SURNAMES) or not _is_given(text, given) or _NAMELESS.match(text, given):
        return None
    words = scanned.words(place)
    whole = words.beginning(place)
    if whole is not None and whole.end > given:
        return _end_of_known_word(scanned, whole)
    token = words.beginning(given)
    if token is None or token.end > given + 2 or (token.end == given + 2 and not _is_given_word(text, token, seldom=text[place] in _SELDOM)):
        return None
    if token.end == given + 2:
        return token.end
    longer = _ends_with_one_more(scanned, token.end)
    return None if text[place] in _SELDOM and not longer else token.end + longer


def _is_given_word(text: str, token: Token, *, seldom: bool) -> bool:
    """Whether a word of two characters can be a given name (建国, 晚秋)."""
    return not seldom and token.tag not in _NO_GIVEN_TAGS and not (token.tag == "t" and _TIMES.intersection(text[token.start : token.end]))


def _ends_with_one_more(scanned: ScannedText, place: int) -> bool:
    """Whether the character here still belongs to a name: no word begins with it, and it is no verb (收 in 收了)."""
    text = scanned.text
    token = scanned.word(place) if place < len(text) else None
    if token is None or not _is_given(text, place) or text[place + 1 : place + 2] in _ASPECTS:
        return False
    return token.end == place + 1 or (token.end == place + 2 and text[place + 1] in _SPEAKS)


def _end_of_known_word(scanned: ScannedText, whole: Token) -> int | None:
    """A surname that begins a word: a name where the word is one (刘敏), with the single character after it (林晚秋)."""
    length = whole.end - whole.start
    if length > _MOST + (scanned.text[whole.start : whole.start + 2] in _COMPOUND) or not (
        whole.tag.startswith("nr") or (whole.tag in {"nz", "ng"} and length == _FEWEST)
    ):
        return None
    return whole.end + (length == _FEWEST and _ends_with_one_more(scanned, whole.end))


def _before_title(scanned: ScannedText, hit: Hit, roles: Mapping[int, str], *, is_title: bool) -> Iterator[NameMention]:
    """王女士 (the title belongs to the name), 秦月明教授 (it does not)."""
    text = scanned.text
    title = text[hit.start : hit.end]
    for length in (_MOST, _FEWEST):
        start = hit.start - length
        if start >= 0 and text[start] in _SURNAMES and _is_whole_name(scanned, start, hit.start) and (is_title or length == _MOST):
            yield _person(text, start, hit.start, title)
            return
    start = hit.start - 1
    if not is_title or start < 0 or text[start] not in _SURNAMES or text[start] in _SELDOM or (start and text[start - 1] in _COUNTED):
        return
    words = scanned.words(start)
    if words.beginning(start) and not words.around(hit.end):
        yield _person(text, start, hit.end, roles.get(start) or title)


def _before_speech(scanned: ScannedText, hit: Hit, roles: Mapping[int, str]) -> Iterator[NameMention]:
    """赵立新表示: a name that makes the whole beginning of a clause."""
    text = scanned.text
    if text[hit.start - _FEWEST] not in _SURNAMES and text[hit.start - _MOST] not in _SURNAMES:
        return
    start, _ = scanned.clause(hit.start)
    if hit.start - start in {_FEWEST, _MOST} and _is_whole_name(scanned, start, hit.start):
        yield _person(text, start, hit.start, roles.get(start, ""))


def _is_whole_name(scanned: ScannedText, start: int, end: int) -> bool:
    """Whether a name without a role before it stands there: its surname is no common word, and it is no word of another kind."""
    if scanned.text[start] not in _SURNAMES or scanned.text[start] in _SELDOM or _name_end(scanned, start) != end:
        return False
    whole = scanned.word(start)
    return whole is not None and (whole.end < end or whole.tag.startswith("nr"))


def _is_given(text: str, place: int) -> bool:
    return place < len(text) and _is_han(text[place]) and text[place] not in _NEVER_GIVEN


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
