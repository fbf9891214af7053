"""Reads the small signs of a page: IP属地, interaction counts, and the words by which it says that there is nothing to read."""

import re
from collections.abc import Iterable, Mapping, Sequence

from lxml.html import HtmlElement

from yuqing_crawler.domain.document import Counts
from yuqing_crawler.domain.extraction.metadata import Metadata, Thing, as_list, as_thing, text_at, types_of
from yuqing_crawler.domain.extraction.tree import select, text_of
from yuqing_crawler.domain.labels import plain

_REGIONS = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆"
    "|中国香港|中国澳门|中国台湾|香港|澳门|台湾|美国|英国|日本|韩国|加拿大|澳大利亚|新西兰|新加坡|马来西亚|泰国|法国|德国|意大利|西班牙|俄罗斯|荷兰|印度|越南|海外"
)
_NAMED_REGION = re.compile(rf"IP\s?(?:属地|归属地)\s?[:：]?\s?([\u4e00-\u9fff]{{2,8}})|IP\s?[:：]\s?({_REGIONS})(?![\u4e00-\u9fff])", re.IGNORECASE)
_PLACED_REGION = re.compile(rf"(?:发布于|来自|发自)\s?[:：]?\s?({_REGIONS})(?:省|市|自治区)?(?![\u4e00-\u9fff])")
_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>[万亿wk千+]*)"
_COUNT_WORDS: Mapping[str, str] = {
    "likes": "点赞数?|赞|获赞|喜欢|顶", "comments": "评论数?|跟帖|回复数?|回帖", "reposts": "转发数?|分享数?|转帖",
    "views": "阅读[数量]?|浏览[数量]?|浏览次数|点击[数量]?|点击次数|播放[数量]?|查看|人气|围观",
}  # fmt: skip
_ANY_WORD = "|".join(f"(?P<{name}>{words})" for name, words in _COUNT_WORDS.items())
_WORD_FIRST = re.compile(rf"(?<!\w)(?:{_ANY_WORD})\s?[:：(（]?\s?{_NUMBER}", re.IGNORECASE)
_NUMBER_FIRST = re.compile(rf"(?<![\w.]){_NUMBER}\s?(?:次|人|条|个)?(?:{_ANY_WORD})(?!\w)", re.IGNORECASE)
_ACTIONS = {
    "likeaction": "likes", "commentaction": "comments", "replyaction": "comments", "shareaction": "reposts", "viewaction": "views",
    "readaction": "views", "watchaction": "views",
}  # fmt: skip
_SCALES = {"万": 10_000, "w": 10_000, "亿": 100_000_000, "k": 1_000, "千": 1_000}
_EMPTY_ROOTS = "//*[@id='app' or @id='root' or @id='__next' or @id='__nuxt' or @id='main-app' or @id='react-root' or @ng-app]"
_ASKS_FOR_SCRIPTS = re.compile(
    r"(?:enable|requires?|turn on|need)\W.{0,30}javascript|javascript.{0,40}(?:enabled|required|disabled|to run)"
    r"|(?:启用|开启|打开|允许|支持).{0,12}(?:javascript|脚本|js)",
    re.IGNORECASE,
)
_ASKS_FOR_LOGIN = re.compile(
    r"(?:请|需要|必须|您?尚未|还没有?)先?(?:登录|登入|登陆)|登录后.{0,8}(?:查看|可见|阅读|浏览)|(?:log|sign)\s?in\s+to\s+(?:view|continue|read|see)",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:页面|内容|文章|帖子|该帖|此帖|原帖|楼层|主题|微博|微谈|动态|视频|新闻|链接|网页|信息|商品|评论|作品|回答).{0,12}"
    r"(?:不存在|已(?:经)?(?:被)?(?:作者|发布者|管理员|用户)?(?:删除|下架|屏蔽|失效|撤回)|无法(?:访问|查看|找到))"
    r"|此内容(?:发送失败)?无法查看|该内容已被发布者删除|你访问的(?:页面|内容)(?:不存在|找不到)"
    r"|404\s*not\s*found|page\s+(?:not\s+found|no\s+longer\s+exists)|has\s+been\s+(?:deleted|removed)",
    re.IGNORECASE,
)
_LITTLE_TEXT = 120


def find_region(lines: Iterable[str]) -> str:
    """The place that the page shows for the author (IP属地), as written there; empty where it shows none."""
    for line in lines:
        if len(line) <= 120 and (match := _NAMED_REGION.search(plain(line)) or _PLACED_REGION.search(plain(line))):
            return next(group for group in match.groups() if group)
    return ""


def parse_count(text: str) -> int | None:
    """A count as pages write it: 1,234, 1.2万, 3.4k, 10万+ (which is at least that many)."""
    match = re.search(_NUMBER, text, re.IGNORECASE)
    return _scaled(match["number"], match["unit"]) if match else None


def _scaled(number: str, unit: str) -> int:
    value = float(number.replace(",", ""))
    for sign in unit.lower():
        value *= _SCALES.get(sign, 1)
    return round(value)


def find_counts(metadata: Metadata, lines: Iterable[str]) -> Counts:
    """Interaction counts that the page declares, and those it shows in short lines such as 阅读 1.2万 or 评论(15)."""
    found = declared_counts(metadata.article)
    for line in lines:
        if len(line) <= 80:
            for match in _in_one_order(line):
                name = next(name for name in _COUNT_WORDS if match[name])
                found.setdefault(name, _scaled(match["number"], match["unit"]))
    return Counts(**found)


def _in_one_order(line: str) -> list[re.Match[str]]:
    """The counts of a line: 'likes 3, views 5' or '3 likes, 5 views', whichever way it begins."""
    line = plain(line)
    word, number = _WORD_FIRST.search(line), _NUMBER_FIRST.search(line)
    if word is None or (number is not None and number.start() < word.start()):
        return list(_NUMBER_FIRST.finditer(line))
    return list(_WORD_FIRST.finditer(line))


def declared_counts(thing: Thing) -> dict[str, int]:
    """Counts of a schema.org object, by the names of `Counts`."""
    found: dict[str, int] = {}
    for value in as_list(thing.get("interactionStatistic")):
        counter = as_thing(value)
        kind = counter.get("interactionType")
        names = types_of(as_thing(kind)) or {str(kind).rsplit("/", 1)[-1].lower()}
        number = parse_count(text_at(counter, "userInteractionCount"))
        for action in names & _ACTIONS.keys():
            if number is not None:
                found.setdefault(_ACTIONS[action], number)
    for name, field in (("commentCount", "comments"), ("upvoteCount", "likes")):
        number = parse_count(text_at(thing, name))
        if number is not None:
            found.setdefault(field, number)
    return found


def needs_scripts(root: HtmlElement, text: str) -> bool:
    """Whether a page with little text is one that its scripts would fill: it says so, or has an empty root for them."""
    if len(text) >= _LITTLE_TEXT:
        return False
    said = " ".join(text_of(node) for node in select(root, "//noscript")) + " " + text
    if _ASKS_FOR_SCRIPTS.search(said):
        return True
    scripts = len(select(root, "//script[@src]"))
    return scripts > 0 and any(len(text_of(node)) < _LITTLE_TEXT // 4 for node in select(root, _EMPTY_ROOTS))


def needs_login(text: str) -> bool:
    """Whether a page with little text asks the reader to log in."""
    return len(text) < 4 * _LITTLE_TEXT and _ASKS_FOR_LOGIN.search(plain(text)) is not None


def says_gone(title: str, lines: Sequence[str]) -> bool:
    """Whether a page answers 200 and says that what was here is gone. Only short pages are believed: articles speak of deleted posts, too."""
    text = " ".join([title, *lines])
    return len(text) <= 4 * _LITTLE_TEXT and _GONE.search(plain(text)) is not None


def find_language(text: str, declared: str) -> str:
    """The language that the text's script shows (zh, ja, ko), else the one that the page declares: many templates declare a wrong one."""
    letters = sum(character.isalpha() for character in text)
    if not letters:
        return declared
    if len(_KANA.findall(text)) * 20 > letters:
        return "ja"
    if len(_HANGUL.findall(text)) * 5 > letters:
        return "ko"
    if len(_HAN.findall(text)) * 4 > letters:
        return declared if declared.lower().startswith("zh") else "zh"
    return declared


_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff]")
