"""News lists: list pages or news sitemaps that lead to articles, read automatically or by selectors."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from lxml.html import HtmlElement
from pydantic import AfterValidator, Field

from yuqing_crawler.domain.address import absolute, canonical_address, is_page, same_site
from yuqing_crawler.domain.document import Dropped, DropReason
from yuqing_crawler.domain.extraction.article import Article, Outcome
from yuqing_crawler.domain.extraction.tree import select, squeeze, text_of
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parameters, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.links import article_links
from yuqing_crawler.domain.kinds.pages import article_of, parsed_of, revisit_of, tree_of_page, vanished_by_status, with_fallbacks
from yuqing_crawler.domain.kinds.paging import next_page
from yuqing_crawler.domain.kinds.selection import Selector, elements, paragraphs, value
from yuqing_crawler.domain.kinds.sitemap import SitemapEntry, read_sitemap
from yuqing_crawler.domain.times import parse_time

ARTICLE = "article"
_MOST_SITEMAPS = 10


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


class ArticleSelectors(Parameters):
    """Where an article's fields stand; what is not given is found automatically."""

    title: Selector | None = None
    text: Selector | None = None
    author: Selector | None = None
    published: Selector | None = None


class ListParameters(Parameters):
    """How the articles of a list are found and read."""

    links: Selector | None = Field(None, description="The links to articles; chosen automatically where not given")
    link_pattern: Annotated[str, AfterValidator(_compiles), Field(max_length=500)] | None = Field(
        None, description="Only addresses in which this regular expression is found"
    )
    next: Selector | None = Field(None, description="The link to the next page; found automatically where not given")
    page_limit: int = Field(1, ge=1, le=50, description="List pages read in a run at the most")
    limit: int = Field(200, ge=1, le=2000, description="Articles followed from one page at the most")
    one_site: bool = Field(True, description="Only links to the same site")
    article: ArticleSelectors = Field(default_factory=ArticleSelectors)


class ListKind:
    """Reads list pages and sitemaps, and the articles that they lead to."""

    name = "list"
    display_name = "新闻列表"
    description = "A news list page or news sitemap, whose links lead to articles"
    parameters = ListParameters

    def start(self, source: SourceView[ListParameters]) -> tuple[Follow, ...]:
        """The list's first page."""
        return (Follow(source.address, START, meta={"page": "1"}),)

    def parse(self, fetched: Fetched, follow: Follow, source: SourceView[ListParameters]) -> Parsed:
        """An article, a sitemap, or a list page."""
        if follow.role == ARTICLE:
            return _article(fetched, follow, source)
        sitemap = read_sitemap(fetched.body)
        if sitemap is not None:
            further = sorted(sitemap.sitemaps, key=lambda entry: entry.modified, reverse=True)[:_MOST_SITEMAPS]
            maps = [Follow(entry.url, START, meta={"page": follow.meta.get("page", "1")}) for entry in further]
            return _followed(_from_sitemap(sitemap.pages), maps, fetched, source)
        root = tree_of_page(fetched)
        if root is None:
            return Parsed(dropped=(Dropped(DropReason.NO_TEXT, "the list page is empty", fetched.url),))
        page = int(follow.meta.get("page", "1"))
        url = next_page(root, fetched.url, source.parameters.next) if page < source.parameters.page_limit else ""
        further_pages = [Follow(url, START, 1, {"page": str(page + 1)})] if url else []
        return _followed(_from_page(root, fetched.url, source.parameters), further_pages, fetched, source)

    def revisit_follow(self, known: Known, source: SourceView[ListParameters]) -> Follow:
        """The article's page."""
        return Follow(known.url or source.address, ARTICLE)

    def revisit(self, fetched: Fetched, known: Known, source: SourceView[ListParameters]) -> Revisited:  # noqa: ARG002 -- as all kinds
        """The article now."""
        return vanished_by_status(fetched) or revisit_of(_article_of(fetched, source), fetched, source)


KIND = ListKind()


def _from_sitemap(entries: tuple[SitemapEntry, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    for entry in sorted(entries, key=lambda entry: entry.published or entry.modified, reverse=True):
        yield entry.url, {"title": entry.title, "published": entry.published}


def _from_page(root: HtmlElement, address: str, parameters: ListParameters) -> Iterator[tuple[str, dict[str, str]]]:
    if parameters.links is None:
        for link in article_links(root, address, one_site=parameters.one_site):
            yield link.url, {"title": link.text}
        return
    for node in elements(root, parameters.links):
        for link in [node] if node.get("href") else select(node, ".//a[@href]")[:1]:
            yield absolute(address, link.get("href") or ""), {"title": squeeze(link.get("title") or "") or text_of(link)}


def _followed(found: Iterator[tuple[str, dict[str, str]]], further: list[Follow], fetched: Fetched, source: SourceView[ListParameters]) -> Parsed:
    """The links as pages to fetch, each once, with the reasons for those that are not followed."""
    parameters = source.parameters
    follows: dict[str, Follow] = {}
    dropped: list[Dropped] = []
    for url, meta in found:
        key = canonical_address(url)
        reason = _refusal(url, fetched.url, parameters)
        if reason is not None:
            dropped.append(reason)
        elif key not in follows and len(follows) >= parameters.limit:
            dropped.append(Dropped(DropReason.PAGE_LIMIT, f"more than {parameters.limit} links on one page", url))
        else:
            follows.setdefault(key, Follow(url, ARTICLE, -len(follows), {name: text for name, text in meta.items() if text}, once_key=key))
    if not follows and not further:
        dropped.append(Dropped(DropReason.NOTHING_SELECTED, "no link looks like an article", fetched.url))
    return Parsed(follow=(*further, *follows.values()), dropped=tuple(dropped))


def _refusal(url: str, address: str, parameters: ListParameters) -> Dropped | None:
    if not url or not is_page(url):
        return Dropped(DropReason.NO_ADDRESS, "the link leads to no page", url)
    if parameters.one_site and not same_site(url, address):
        return Dropped(DropReason.OTHER_SITE, "the link leads to another site", url)
    if parameters.link_pattern is not None and not re.search(parameters.link_pattern, url):
        return Dropped(DropReason.NOT_AN_ARTICLE, "the address does not match link_pattern", url)
    return None


def _article(fetched: Fetched, follow: Follow, source: SourceView[ListParameters]) -> Parsed:
    parsed = parsed_of(_article_of(fetched, source), fetched, source)
    if not parsed.documents:
        return parsed
    published = parse_time(follow.meta.get("published", ""), fetched.fetched_at, source.zone)
    main = with_fallbacks(parsed.documents[0], title=follow.meta.get("title", ""), author="", published=published)
    return replace(parsed, documents=(main, *parsed.documents[1:]))


def _article_of(fetched: Fetched, source: SourceView[ListParameters]) -> Article:
    """The article on a page, with the fields that are selected by hand."""
    article = article_of(fetched, source)
    chosen = source.parameters.article
    root = tree_of_page(fetched) if chosen != ArticleSelectors() else None
    if root is None:
        return article
    text = paragraphs(root, chosen.text) if chosen.text else ""
    published = parse_time(value(root, chosen.published), fetched.fetched_at, source.zone)
    return replace(
        article,
        outcome=Outcome.ARTICLE if text else article.outcome,
        title=value(root, chosen.title) or article.title,
        text=text or article.text,
        author=value(root, chosen.author) or article.author,
        published=published or article.published,
    )
