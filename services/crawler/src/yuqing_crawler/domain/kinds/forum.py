"""Forums: lists of threads, and threads with posts, floors, pages, replies and quotes."""

import hashlib
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement
from pydantic import Field

from yuqing_crawler.domain.address import absolute, canonical_address, same_site, site_of, without_fragment
from yuqing_crawler.domain.document import Author, Document, Dropped, DropReason, ItemKind
from yuqing_crawler.domain.extraction.headline import find_title
from yuqing_crawler.domain.extraction.metadata import read_metadata
from yuqing_crawler.domain.extraction.signs import find_language, says_gone
from yuqing_crawler.domain.extraction.tree import select, squeeze, text_of
from yuqing_crawler.domain.kinds.items import Item, ItemSelectors, read_items
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parameters, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.links import article_links
from yuqing_crawler.domain.kinds.pages import parse_article, revisit_article, tree_of_page, vanished_by_status, vanished_by_words
from yuqing_crawler.domain.kinds.paging import next_page
from yuqing_crawler.domain.kinds.selection import Selector, elements, value
from yuqing_crawler.domain.kinds.structure import guess_items

THREAD = "thread"


class ForumParameters(Parameters):
    """How threads and posts are found; what is not given is found by what repeats on the page."""

    threads: Selector | None = Field(None, description="The links to threads on the list; chosen automatically where not given")
    stamp: Selector | None = Field(
        None, description="What changes in a thread's row when somebody answers (its reply count or last time), relative to the link's row"
    )
    row: Selector | None = Field(None, description="A thread's row on the list; with it, unchanged threads are not fetched again")
    next: Selector | None = Field(None, description="The link to the next page of the list")
    page_limit: int = Field(1, ge=1, le=50, description="List pages read in a run at the most")
    thread_limit: int = Field(50, ge=1, le=1000, description="Threads followed from one list page at the most")
    title: Selector | None = Field(None, description="A thread's title on its page")
    posts: ItemSelectors | None = None
    thread_next: Selector | None = Field(None, description="The link to a thread's next page")
    thread_page_limit: int = Field(20, ge=1, le=500, description="Pages of one thread read at the most")
    single_thread: bool = Field(False, description="The source's address is itself a thread")


class ForumKind:
    """Reads forums."""

    name = "forum"
    display_name = "论坛"
    description = "A forum board, whose threads and posts are read with their floors, replies and quotes"
    parameters = ForumParameters

    def start(self, source: SourceView[ForumParameters]) -> tuple[Follow, ...]:
        """The board's first page, or the thread."""
        role = THREAD if source.parameters.single_thread else START
        return (Follow(source.address, role, meta={"page": "1"}),)

    def parse(self, fetched: Fetched, follow: Follow, source: SourceView[ForumParameters]) -> Parsed:
        """A page of the board gives threads, a page of a thread gives posts."""
        root = tree_of_page(fetched)
        if root is None:
            return Parsed(dropped=(Dropped(DropReason.NO_TEXT, "the page is empty", fetched.url),))
        if follow.role == THREAD:
            return _thread(root, fetched, follow, source)
        return _board(root, fetched, follow, source.parameters)

    def revisit_follow(self, known: Known, source: SourceView[ForumParameters]) -> Follow:
        """The thread's page that the post stands on."""
        return Follow(without_fragment(known.url) or source.address, THREAD, meta={"page": "1"})

    def revisit(self, fetched: Fetched, known: Known, source: SourceView[ForumParameters]) -> Revisited:
        """The post now. One that is no longer on its page may have moved to another; it is gone when its neighbours are still there."""
        gone = vanished_by_status(fetched)
        if gone is not None:
            return gone
        root = tree_of_page(fetched)
        if root is None or vanished_by_words(root):
            return Revisited(vanished=root is not None, detail="the page says that its content is gone" if root is not None else "empty page")
        documents = _thread(root, fetched, self.revisit_follow(known, source), source).documents
        found = next((each for each in documents if known.native_id in (each.native_id, "") and _same(each, known)), None)
        if found is not None:
            return Revisited(vanished=False, document=found, counts=found.counts)
        if not documents:
            return revisit_article(fetched, source)
        gone_between = _is_missing(known.native_id, [document.native_id for document in documents])
        return Revisited(vanished=gone_between, detail="the posts around it are there, it is not" if gone_between else "not on this page")


KIND = ForumKind()


def _same(document: Document, known: Known) -> bool:
    return document.native_id == known.native_id if known.native_id else document.canonical_url == canonical_address(known.url)


def _is_missing(identity: str, present: Sequence[str]) -> bool:
    """Whether posts with lower and higher numbers are on the page, between which it would stand."""
    if not identity.isdecimal():
        return False
    numbers = [int(each) for each in present if each.isdecimal()]
    return bool(numbers) and min(numbers) < int(identity) < max(numbers)


def _board(root: HtmlElement, fetched: Fetched, follow: Follow, parameters: ForumParameters) -> Parsed:
    follows: dict[str, Follow] = {}
    dropped: list[Dropped] = []
    for url, title, stamp in _threads(root, fetched.url, parameters):
        key = canonical_address(url)
        if not url or not same_site(url, fetched.url):
            dropped.append(Dropped(DropReason.OTHER_SITE if url else DropReason.NO_ADDRESS, "not a thread of this forum", url))
        elif len(follows) >= parameters.thread_limit:
            dropped.append(Dropped(DropReason.PAGE_LIMIT, f"more than {parameters.thread_limit} threads on one page", url))
        elif key not in follows:
            once = f"{key} {stamp}" if stamp else ""
            follows[key] = Follow(url, THREAD, -len(follows), {"page": "1", "title": title}, once_key=once)
    page = int(follow.meta.get("page", "1"))
    further = next_page(root, fetched.url, parameters.next) if page < parameters.page_limit else ""
    pages = [Follow(further, START, 1, {"page": str(page + 1)})] if further else []
    if not follows:
        dropped.append(Dropped(DropReason.NOTHING_SELECTED, "no link looks like a thread", fetched.url))
    return Parsed(follow=(*pages, *follows.values()), dropped=tuple(dropped))


def _threads(root: HtmlElement, address: str, parameters: ForumParameters) -> Iterator[tuple[str, str, str]]:
    """Address, title and stamp of each thread on a board's page. The stamp of a row without selector is its whole text."""
    if parameters.row is not None:
        for row in elements(root, parameters.row):
            links = elements(row, parameters.threads) if parameters.threads else select(row, ".//a[@href]")
            link = max(links, key=lambda node: len(text_of(node)), default=None)
            if link is not None:
                changing = value(row, parameters.stamp) if parameters.stamp else text_of(row)
                yield absolute(address, link.get("href") or ""), text_of(link), hashlib.sha256(changing.encode()).hexdigest()[:16]
    elif parameters.threads is not None:
        for link in elements(root, parameters.threads):
            yield absolute(address, link.get("href") or ""), squeeze(link.get("title") or "") or text_of(link), ""
    else:
        for found in article_links(root, address):
            yield found.url, found.text, ""


def _thread(root: HtmlElement, fetched: Fetched, follow: Follow, source: SourceView[ForumParameters]) -> Parsed:
    parameters = source.parameters
    page = int(follow.meta.get("page", "1"))
    selectors = parameters.posts or guess_items(root, fetched.fetched_at, source.zone)
    items = read_items(root, selectors, address=fetched.url, now=fetched.fetched_at, zone=source.zone) if selectors else []
    if not items:  # a thread that nobody has answered has nothing that repeats
        return parse_article(fetched, source) if page == 1 else Parsed(dropped=(_nothing(fetched),))
    metadata = read_metadata(root)
    title = value(root, parameters.title) if parameters.title else find_title(root, metadata, []) or follow.meta.get("title", "")
    thread = follow.meta.get("thread") or canonical_address(follow.url or fetched.url)
    documents, dropped = _documents(items, thread, title, fetched=fetched, source=source, first=follow.meta.get("first", ""))
    further = next_page(root, fetched.url, parameters.thread_next) if page < parameters.thread_page_limit else ""
    opening = follow.meta.get("first") or (documents[0].native_id if documents and page == 1 else "")
    meta = {"page": str(page + 1), "title": title, "thread": thread, "first": opening}
    return Parsed(tuple(documents), (Follow(further, THREAD, 1, meta),) if further else (), tuple(dropped))


def _nothing(fetched: Fetched) -> Dropped:
    return Dropped(DropReason.NOTHING_SELECTED, "no post was found on the page", fetched.url)


def _documents(
    items: Sequence[Item], thread: str, title: str, *, fetched: Fetched, source: SourceView[ForumParameters], first: str
) -> tuple[list[Document], list[Dropped]]:
    """The posts of a page. The first of the first page opens the thread, the others answer it or the floor that they quote."""
    documents: list[Document] = []
    dropped: list[Dropped] = []
    ids: dict[int, str] = {}
    opening = first
    for place, item in enumerate(items, start=1):
        identity = item.native_id or (f"{thread}#{item.floor or place}")
        if item.floor:
            ids[item.floor] = identity
        url = absolute(fetched.url, item.link) or f"{without_fragment(fetched.url)}#{identity.rpartition('#')[2]}"
        if not item.text:
            dropped.append(Dropped(DropReason.NO_TEXT, "the post has no text", url))
        elif not item.author and says_gone("", [item.text]):
            dropped.append(Dropped(DropReason.NO_TEXT, "only a note that the post was deleted", url))
        elif any(document.native_id == identity for document in documents):
            dropped.append(Dropped(DropReason.DUPLICATE_IN_PAGE, "the page shows it twice", url))
        else:
            opens = not opening
            opening = opening or identity
            answers = "" if opens else item.quoted_id or ids.get(item.quoted_floor or 0, "") or opening
            documents.append(_post(item, identity, thread if opens else url, title=title, answers=answers, source=source))
    return documents, dropped


def _post(item: Item, identity: str, url: str, *, title: str, answers: str, source: SourceView[ForumParameters]) -> Document:
    return Document(
        site=site_of(url),
        url=url,
        native_id=identity,
        canonical_url="" if answers else canonical_address(url),
        item_kind=ItemKind.COMMENT if answers else ItemKind.POST,
        medium=source.medium,
        title=item.title if answers else title or item.title,
        text=item.text,
        author=Author(item.author, item.author_id),
        published_at=item.published.at if item.published else None,
        published_precision=item.published.precision if item.published else None,
        language=find_language(item.text, ""),
        region=item.region,
        images=item.images,
        counts=item.counts,
        reply_to=answers,
        extra=tuple(pair for pair in (("thread", title), ("floor", str(item.floor or ""))) if pair[1]),
    )
