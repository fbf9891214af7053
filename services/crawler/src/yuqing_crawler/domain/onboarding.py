"""Looks at a page that somebody pasted the address of, and proposes the kind of source, its medium, selectors and a sample, with reasons."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from yuqing_crawler.domain.address import absolute, site_of
from yuqing_crawler.domain.document import Document
from yuqing_crawler.domain.extraction.article import Outcome, extract_article
from yuqing_crawler.domain.extraction.metadata import read_metadata, types_of
from yuqing_crawler.domain.extraction.tree import parse, select, squeeze, text_of
from yuqing_crawler.domain.kinds.feed import feed_title, read_entries
from yuqing_crawler.domain.kinds.items import ItemSelectors
from yuqing_crawler.domain.kinds.kind import SHANGHAI, START, Fetched, Follow, Parsed, SourceView
from yuqing_crawler.domain.kinds.links import Link, article_links
from yuqing_crawler.domain.kinds.mapping import read_json
from yuqing_crawler.domain.kinds.pages import is_success, text_of_page
from yuqing_crawler.domain.kinds.registry import kind_named, parameters_from_mapping
from yuqing_crawler.domain.kinds.selection import elements
from yuqing_crawler.domain.kinds.sitemap import read_sitemap
from yuqing_crawler.domain.kinds.structure import common_selector, guess_items, repeated_elements
from yuqing_crawler.domain.mapping_guess import guess_mapping

_FEWEST_LINKS = 4
_FEWEST_THREADS = 2
_FORUM_WORDS = re.compile(
    r"(?:^|[./_-])(?:bbs|forum|forums|tieba|club|thread|threads|topic|topics|viewthread|forumdisplay|board|boards|discuss|tid)(?:[./_=-]|\d|$)",
    re.IGNORECASE,
)
_MEDIA_BY_HOST = (
    (re.compile(r"weixin|wechat|/wechat", re.IGNORECASE), "wechat"),
    (re.compile(r"weibo|twitter|mastodon|/microblog|microblog|\bt\.", re.IGNORECASE), "microblog"),
    (re.compile(r"bilibili|douyin|kuaishou|youku|iqiyi|youtube|/video|\bv\.", re.IGNORECASE), "video"),
    (re.compile(r"zhihu|tieba|douban|\bbbs\b|forum|\bclub\.", re.IGNORECASE), "forum"),
    (re.compile(r"blog|jianshu|csdn|cnblogs|medium\.com", re.IGNORECASE), "blog"),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a source could be. `kind` is empty where nothing can be proposed; the reasons then say why.

    `address` may differ from what was pasted (a feed that the page names). `parsed` is what the kind read from the fetched page: its
    documents are a sample, its follows are pages that a longer preview would fetch.
    """

    kind: str
    medium: str
    address: str
    display_name: str
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    parsed: Parsed = field(default_factory=Parsed)
    reasons: tuple[str, ...] = ()

    @property
    def sample(self) -> tuple[Document, ...]:
        """A few documents of the fetched page."""
        return self.parsed.documents[:5]


@dataclass(frozen=True, slots=True)
class _Guess:
    kind: str
    parameters: Mapping[str, object]
    reasons: tuple[str, ...]
    medium: str = ""
    address: str = ""


def propose(address: str, fetched: Fetched) -> Proposal:
    """What the page at an address could be as a source."""
    if not is_success(fetched):
        return _nothing(address, fetched, f"the server answered HTTP {fetched.status}")
    text = text_of_page(fetched)
    guess = _guess(text, fetched)
    if isinstance(guess, str):
        return _nothing(address, fetched, guess)
    parsed = _read(guess, fetched) if not guess.address else Parsed()
    medium = guess.medium or _medium(guess.kind, address)
    return Proposal(guess.kind, medium, guess.address or address, _name(text, fetched), guess.parameters, parsed, guess.reasons)


def _nothing(address: str, fetched: Fetched, reason: str) -> Proposal:
    return Proposal("", "", address, urlsplit(fetched.url).hostname or "", reasons=(reason,))


def _guess(text: str, fetched: Fetched) -> _Guess | str:
    """The likeliest kind, or the reason why there is none."""
    if text.lstrip()[:1] in ("{", "["):
        return _from_json(text, fetched)
    sitemap = read_sitemap(fetched.body)
    if sitemap is not None:
        return _Guess("list", {}, (f"a sitemap with {len(sitemap.pages)} pages and {len(sitemap.sitemaps)} further maps",))
    if re.search(r"<(?:rss|feed|rdf:RDF)\b", text[:2000]):
        count = sum(1 for _ in read_entries(text))
        return _Guess("feed", {}, (f"a feed with {count} entries",)) if count else "a feed without entries"
    root = parse(text)
    return _from_page(root, text, fetched) if root is not None else "the page is empty"


def _from_json(text: str, fetched: Fetched) -> _Guess | str:
    if "jsonfeed.org/version" in text[:2000]:
        return _Guess("feed", {}, ("a JSON Feed",))
    mapping = guess_mapping(read_json(text), fetched.url, fetched.fetched_at)
    if mapping is None:
        return "JSON in which no list of items with a text was found"
    return _Guess("api", mapping.parameters, mapping.reasons, mapping.medium)


def _from_page(root: HtmlElement, text: str, fetched: Fetched) -> _Guess | str:
    discovered = _discovered(root, fetched.url)
    by_reviews = _reviews(root, fetched)
    if by_reviews is not None:
        return by_reviews
    by_thread = _thread(root, fetched)
    if by_thread is not None:
        return by_thread
    links = article_links(root, fetched.url)
    if len(links) >= _FEWEST_THREADS and _is_board(links, fetched.url):
        return _Guess("forum", _board_parameters(root, links), (f"a board with {len(links)} links of the form {links[0].shape}",))
    if discovered:
        return _Guess("feed", {}, (f"the page names its feed: {discovered}",), address=discovered)
    article = extract_article(text, fetched.url, fetched.fetched_at)
    if article.outcome is Outcome.NEEDS_SCRIPTS and len(links) < _FEWEST_LINKS:
        return "the page is filled by its scripts, which are not run: look for a feed or an API of the site"
    if article.outcome is Outcome.NEEDS_LOGIN and len(links) < _FEWEST_LINKS:
        return "the page asks the reader to log in"
    if len(links) >= _FEWEST_LINKS:
        selector = _links_selector(root, links)
        shapes = Counter(link.shape for link in links).most_common(1)[0]
        reasons = (f"{len(links)} links look like articles; {shapes[1]} of the form {shapes[0]}",)
        return _Guess("list", {"links": selector} if selector else {}, reasons)
    if article.outcome is Outcome.ARTICLE and len(article.text) > 200:
        return f"a single article ({article.title}): paste the address of the list that leads to it"
    return "no feed, list of articles, thread or review was found on the page"


def _discovered(root: HtmlElement, address: str) -> str:
    """A feed of the same host. One of another host is another publication's, though the page may name it."""
    feeds = select(root, "//link[@rel='alternate'][contains(@type,'rss') or contains(@type,'atom') or contains(@type,'feed+json')][@href]")
    urls = (absolute(address, link.get("href") or "") for link in feeds)
    return next((url for url in urls if site_of(url) == site_of(address) != ""), "")


def _reviews(root: HtmlElement, fetched: Fetched) -> _Guess | None:
    declared = sum("review" in types_of(thing) for thing in read_metadata(root).things)
    if declared >= 1:
        return _Guess("review", {}, (f"{declared} reviews are marked up by schema.org",))
    items = guess_items(root, fetched.fetched_at, SHANGHAI, rated=True)
    if items is None or items.rating is None or items.text is None:
        return None
    return _Guess("review", {"reviews": _given(items)}, (f"{items.item} repeats with stars in {items.rating}",))


def _thread(root: HtmlElement, fetched: Fetched) -> _Guess | None:
    items = guess_items(root, fetched.fetched_at, SHANGHAI)
    if items is None or items.text is None or items.author is None:
        return None
    named = _FORUM_WORDS.search(_place(fetched.url)) is not None
    if not (items.floor or named) or not items.published:
        return None
    parameters = {"single_thread": True, "posts": _given(items)}
    return _Guess("forum", parameters, (f"{items.item} repeats with author, time and text, as posts of one thread do",))


def _given(items: ItemSelectors) -> dict[str, object]:
    return items.model_dump(exclude_none=True)


def _is_board(links: Sequence[Link], address: str) -> bool:
    named = sum(_FORUM_WORDS.search(_place(link.url)) is not None for link in links)
    return named * 2 > len(links) or _FORUM_WORDS.search(_place(address)) is not None


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path}?{parts.query}"


def _board_parameters(root: HtmlElement, links: Sequence[Link]) -> dict[str, object]:
    """The rows of a board, if its threads stand in rows that repeat, and the number in each that grows with answers."""
    row = _container(root, links)
    if not row:
        return {}
    stamp = common_selector(elements(root, row), lambda node: next((each for each in _leaves(node) if text_of(each).isdecimal()), None))
    return {"row": row, "stamp": stamp} if stamp else {"row": row}


def _leaves(node: HtmlElement) -> Iterator[HtmlElement]:
    return (each for each in node.iterdescendants() if isinstance(each, HtmlElement) and len(each) == 0 and each.tag != "a")


def _links_selector(root: HtmlElement, links: Sequence[Link]) -> str:
    row = _container(root, links)
    return f"{row} a" if row else ""


def _container(root: HtmlElement, links: Sequence[Link]) -> str:
    """The selector of the repeating block that holds most of the links, about one in each."""
    wanted = {link.text for link in links}
    best: tuple[int, str] = (0, "")
    for group in repeated_elements(root, _FEWEST_THREADS):
        titles = [{squeeze(link.get("title") or "") or text_of(link) for link in select(node, ".//a")} & wanted for node in group.elements]
        held = sum(bool(each) for each in titles)
        if held * 10 >= len(titles) * 8 and held > best[0]:
            best = (held, group.selector)
    return best[1] if best[0] * 10 >= min(len(links), 60) * 6 else ""


def _medium(kind: str, address: str) -> str:
    if kind in ("forum", "review"):
        return kind
    place = _place(address)
    return next((medium for pattern, medium in _MEDIA_BY_HOST if pattern.search(place)), "other" if kind == "api" else "news")


def _read(guess: _Guess, fetched: Fetched) -> Parsed:
    """What the proposed kind reads from the page that was fetched."""
    kind = kind_named(guess.kind)
    parameters = parameters_from_mapping(guess.kind, guess.parameters)
    source = SourceView(fetched.url, parameters, guess.medium or _medium(guess.kind, fetched.url))
    begun: Follow = next(iter(kind.start(source)), Follow(fetched.url, START))
    return kind.parse(fetched, begun, source)


def _name(text: str, fetched: Fetched) -> str:
    """What to call the source: the feed's or the page's title, else its host."""
    host = urlsplit(fetched.url).hostname or ""
    if text.lstrip()[:1] in ("{", "["):
        return feed_title(text) or host
    if re.search(r"<(?:rss|feed|rdf:RDF)\b", text[:2000]):
        return feed_title(text) or host
    root = parse(text)
    if root is None:
        return host
    metadata = read_metadata(root)
    return (metadata.title or metadata.first("og:site_name") or host)[:200]
