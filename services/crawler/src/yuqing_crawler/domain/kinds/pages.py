"""What every kind does with a page: decode and parse it, see whether it is gone, make documents of the article on it."""

from dataclasses import replace

from lxml.html import HtmlElement

from yuqing_crawler.domain.address import absolute, canonical_address, site_of
from yuqing_crawler.domain.charset import decode
from yuqing_crawler.domain.document import Author, Document, Dropped, DropReason, ItemKind
from yuqing_crawler.domain.extraction.article import Article, Outcome, extract_article
from yuqing_crawler.domain.extraction.comments import Comment
from yuqing_crawler.domain.extraction.signs import says_gone
from yuqing_crawler.domain.extraction.tree import parse, text_of
from yuqing_crawler.domain.kinds.kind import AnySource, Fetched, Parsed, Revisited
from yuqing_crawler.domain.times import PublishedTime

GONE_STATUSES = frozenset({404, 410, 451})
SHORTEST_ARTICLE = 20
"""Characters; what has fewer is no article but a notice."""
_REASONS = {
    Outcome.EMPTY: (DropReason.NO_TEXT, "the page is empty"),
    Outcome.NO_TEXT: (DropReason.NO_TEXT, "no sentence of text was found"),
    Outcome.NEEDS_SCRIPTS: (DropReason.NEEDS_SCRIPTS, "the page is filled by its scripts, which are not run"),
    Outcome.NEEDS_LOGIN: (DropReason.NEEDS_LOGIN, "the page asks the reader to log in"),
    Outcome.GONE: (DropReason.NOT_AN_ARTICLE, "the page says that its content is gone"),
}


def text_of_page(fetched: Fetched) -> str:
    """The decoded body."""
    return decode(fetched.body, fetched.headers.get("content-type", "")).text


def tree_of_page(fetched: Fetched) -> HtmlElement | None:
    """The parsed body, or None where it is no page."""
    return parse(text_of_page(fetched))


def is_success(fetched: Fetched) -> bool:
    """Whether the server gave what was asked for."""
    return 200 <= fetched.status < 300


def article_of(fetched: Fetched, source: AnySource) -> Article:
    """The article on a page."""
    return extract_article(text_of_page(fetched), fetched.url, fetched.fetched_at, zone=source.zone)


def parse_article(fetched: Fetched, source: AnySource) -> Parsed:
    """A page as one article with its comments, or the reason why it is none."""
    return parsed_of(article_of(fetched, source), fetched, source)


def parsed_of(article: Article, fetched: Fetched, source: AnySource) -> Parsed:
    """An article and its comments as documents, or the reason why there are none."""
    if article.outcome in _REASONS:
        reason, detail = _REASONS[article.outcome]
        return Parsed(dropped=(Dropped(reason, detail, fetched.url),))
    if len(article.text) < SHORTEST_ARTICLE:
        return Parsed(dropped=(Dropped(DropReason.TOO_SHORT, f"{len(article.text)} characters of text", fetched.url),))
    main = document_of(article, fetched.url, source.medium)
    return Parsed(documents=(main, *(comment_of(comment, main, number) for number, comment in enumerate(article.comments, start=1))))


def document_of(article: Article, url: str, medium: str) -> Document:
    """An article as a document. A canonical address on another site is not believed: copies name their original so."""
    canonical = article.canonical_url if site_of(article.canonical_url) == site_of(url) else ""
    published = article.published
    return Document(
        site=site_of(url),
        url=url,
        canonical_url=canonical_address(canonical or url),
        medium=medium,
        title=article.title,
        text=article.text,
        author=Author(article.author),
        outlet=article.outlet,
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        language=article.language,
        region=article.region,
        images=article.images,
        counts=article.counts,
        extra=(("original", article.canonical_url),) if article.canonical_url and not canonical else (),
    )


def comment_of(comment: Comment, parent: Document, number: int) -> Document:
    """A comment as a document of its own that answers its article, or the comment that it names."""
    identity = comment.native_id or f"{parent.canonical_url}#comment-{number}"
    published = comment.published
    return Document(
        site=parent.site,
        url=absolute(parent.url, comment.native_id if comment.native_id.startswith(("http", "#", "/")) else f"#{identity}"),
        native_id=identity,
        item_kind=ItemKind.COMMENT,
        medium=parent.medium,
        text=comment.text,
        author=Author(comment.author),
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        counts=comment.counts,
        reply_to=comment.reply_to or parent.native_id or parent.canonical_url,
    )


def revisit_article(fetched: Fetched, source: AnySource) -> Revisited:
    """A second look at an article: gone, or what it says now."""
    return vanished_by_status(fetched) or revisit_of(article_of(fetched, source), fetched, source)


def revisit_of(article: Article, fetched: Fetched, source: AnySource) -> Revisited:
    """What an article read a second time says."""
    if article.outcome is Outcome.GONE:
        return Revisited(vanished=True, detail="the page says that its content is gone")
    parsed = parsed_of(article, fetched, source)
    if not parsed.documents:
        return Revisited(vanished=False, detail=parsed.dropped[0].detail)
    main, *others = parsed.documents
    return Revisited(vanished=False, document=main, counts=main.counts, others=tuple(others))


def vanished_by_status(fetched: Fetched) -> Revisited | None:
    """What the status alone decides: gone, or nothing to be learned; None where the page must be read."""
    if fetched.status in GONE_STATUSES:
        return Revisited(vanished=True, detail=f"HTTP {fetched.status}")
    return None if is_success(fetched) else Revisited(vanished=False, detail=f"HTTP {fetched.status}")


def vanished_by_words(root: HtmlElement) -> bool:
    """Whether a page answers 200 and says that what was here is gone."""
    return says_gone("", [text_of(root)])


def with_fallbacks(document: Document, *, title: str, author: str, published: PublishedTime | None) -> Document:
    """A document with what its entry in a list said, where its own page does not say it."""
    changed = replace(document, title=document.title or title)
    if not document.author.display_name and author:
        changed = replace(changed, author=Author(author))
    if document.published_at is None and published is not None:
        changed = replace(changed, published_at=published.at, published_precision=published.precision)
    return changed
