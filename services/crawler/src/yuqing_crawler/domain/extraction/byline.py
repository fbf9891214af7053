"""Finds who wrote and who published the article: declared, marked up, or in the lines around the title."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.metadata import Metadata, names_at
from yuqing_crawler.domain.extraction.tree import marked, text_of
from yuqing_crawler.domain.labels import plain

_LONGEST_NAME = 40
_END = (
    r"(?=\s*(?:$|[|｜丨，,。;；()（）\[\]【】<>]|\d{4}[-年/]|\s(?:来源|作者|编辑|责编|责任编辑|时间|发布|记者|字号|阅读|浏览|评论|\d)"
    r"|(?:来源|作者|编辑|责编|责任编辑|时间|发布时间|字号)\s?[:：])|(?<=[\u4e00-\u9fff])\s)"
)
# With a colon, or after a stroke or space: 来源：新华社, 2014-08-24| 来源CSDN| 作者魏星
_AUTHOR_LABEL = re.compile(
    rf"(?:(?:^|[\s（(【\[|｜])(?:作者|撰文|记者|通讯员|博主|发帖人|楼主|by)\s*[:：丨|/]\s*|(?<=\S)作者\s?[:：]\s*|[|｜]\s*作者\s?)(.{{1,40}}?){_END}",
    re.IGNORECASE,
)
_SOURCE_LABEL = re.compile(rf"(?:(?:来源|稿源|出处|转自|来自)于?\s*[:：]\s*|[|｜]\s*来源\s?)(.{{1,40}}?){_END}")
_EDITOR_LABEL = re.compile(rf"(?:责任编辑|责编|编辑)\s*[:：丨|]\s*(.{{1,30}}?){_END}")
_NAMES = r"[\u4e00-\u9fff·]{2,4}(?:[\s、][\u4e00-\u9fff·]{2,4}){0,3}"
_REPORTER = re.compile(
    rf"(?:^|[（(【\[\s]|\S{{2,8}})(?:首席|特约|见习|实习|本报)?记者\s{{1,2}}({_NAMES})(?=\s*(?:$|[）)】\]，,。|/]|\d|文|报道|摄|发自))"
    rf"|[（(【](?:\S{{2,6}})?记者([\u4e00-\u9fff]{{2,3}})(?=[\s）)】])"
)
_WRITTEN_BY = re.compile(r"^[【\[（(]?\s*文\s?[/／|丨:：]\s?(?:图\s?[/／]?\s?)?([^】\]）)]{2,30})[】\]）)]")
_AUTHOR_NAMES = frozenset({
    "author", "author_baidu", "author-name", "authorName", "author_name", "byline", "name-author", "post-author", "article-author",
})  # fmt: skip
_SOURCE_NAMES = frozenset({"source", "source_baidu", "article-source", "origin", "media-name"})
_PREFIX = re.compile(r"^(?:作者|来源|來源|稿源|文|记者|記者|编辑|編輯|by)\s*[:：/|丨]?\s*", re.IGNORECASE)
_ROLE = re.compile(r"^\S{0,12}?(?:专栏作者|特约作者|作者|记者|评论员|撰稿人|观察员|编译)\s+(?=\S)")
_NOT_A_NAME = re.compile(
    r"https?://|www\.|[@“”‘’。！？，：]|^\W*$|^\d+$|登录|注册|关注|更多|点击|^(?:admin|name|author|匿名|未知|佚名|网络|本站)\W*$", re.IGNORECASE
)
_OUTLET = re.compile(r"(?:社|报|网|台|新闻|周刊|在线|杂志|客户端|频道|传媒|资讯|办公室|委员会|局|办事处|发布|\.(?:com|cn|net|org))$", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\d{1,2}[-/月]\d{1,2}\D+\d{1,2}:\d\d|\d\s?(?:分钟|小时|天)前")
_BARE_NAME = re.compile(r"[\w·]{2,16}(?:\s?[/／]\s?[\w·]{2,16})?$")


@dataclass(frozen=True, slots=True)
class Byline:
    """Names of the author and of the outlet, empty where unknown. `editor` is no author, but the only name that some pages give."""

    author: str = ""
    outlet: str = ""
    editor: str = ""


def find_byline(root: HtmlElement, metadata: Metadata, near: Sequence[str], *, after: Sequence[str] = ()) -> Byline:
    """`near` are the lines around the title and the first of the body, `after` the last of the body and those behind it.

    What stands in the page's text goes before an `author` field, which many sites fill with their own name.
    """
    bare = _bare(near)
    persons = [
        names_at(metadata.article, "author"), _personal(metadata, "article:author", "og:article:author", "byl", "dc.creator"),
        *_search(_AUTHOR_LABEL, near), *_search(_REPORTER, near), *_search(_WRITTEN_BY, near), bare.author, *_marked(root, _AUTHOR_NAMES),
        *_search(_AUTHOR_LABEL, after), *_search(_REPORTER, after), _personal(metadata, "author"),
    ]  # fmt: skip
    outlets = [
        *_search(_SOURCE_LABEL, near), *_marked(root, _SOURCE_NAMES), *_search(_SOURCE_LABEL, after), bare.outlet,
        metadata.first("source", "contentsource", "mediaid"), names_at(metadata.article, "publisher"),
        metadata.first("og:site_name", "application-name"),
    ]  # fmt: skip
    authors = [name for name in _cleaned(persons) if not _OUTLET.search(name)]
    organisations = [*_cleaned(outlets), *(name for name in _cleaned(persons) if _OUTLET.search(name))]
    outlet = organisations[0] if organisations else ""
    author = next((name for name in authors if name != outlet), "")
    return Byline(author, outlet, next(_cleaned(_search(_EDITOR_LABEL, [*near, *after])), ""))


def _search(pattern: re.Pattern[str], lines: Sequence[str]) -> list[str]:
    """What the pattern finds in the lines, as written there; labels are known in both scripts."""
    found = ((line, pattern.search(plain(line[:400]))) for line in lines)
    spans = ((line, match.span(match.lastindex)) for line, match in found if match is not None and match.lastindex)
    return [line[start:end] for line, (start, end) in spans][:2]


def _personal(metadata: Metadata, *fields: str) -> str:
    """The author that a field names, unless it is the site's own name, which then also stands in the page's title."""
    name = metadata.first(*fields)
    return "" if name and name in metadata.title else name


def _bare(lines: Sequence[str]) -> Byline:
    """A name that stands alone on the line before the date: 新华社, 石佳/中国青年报."""
    for line, following in pairwise(lines):
        if _DATE.search(following) and _BARE_NAME.match(line) and not _DATE.search(line):
            first, _, second = line.replace("／", "/").partition("/")
            if second:
                return Byline(first.strip(), second.strip())
            return Byline(outlet=line) if _OUTLET.search(line) else Byline(author=line)
    return Byline()


def _marked(root: HtmlElement, names: frozenset[str]) -> list[str]:
    return [text_of(node) or node.get("content") or "" for node in marked(root, names)[:5] if len(node) < 8]


def _cleaned(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        cleaned = _ROLE.sub("", _PREFIX.sub("", name.strip())).strip(" 　:：|/·-—[]【】()（）《》")
        if cleaned and len(cleaned) <= _LONGEST_NAME and not _NOT_A_NAME.search(cleaned):
            yield cleaned
