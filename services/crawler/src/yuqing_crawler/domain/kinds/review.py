"""Product reviews: text, stars, product, pages; from selectors, schema.org markup or what repeats on the page."""

import hashlib
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement
from pydantic import Field

from yuqing_crawler.domain.address import absolute, canonical_address, site_of, without_fragment
from yuqing_crawler.domain.document import Author, Counts, Document, Dropped, DropReason, ItemKind
from yuqing_crawler.domain.extraction.headline import find_title
from yuqing_crawler.domain.extraction.metadata import Metadata, Thing, as_thing, names_at, read_metadata, text_at, types_of
from yuqing_crawler.domain.extraction.signs import declared_counts, find_language, needs_scripts, parse_count
from yuqing_crawler.domain.extraction.tree import text_of
from yuqing_crawler.domain.kinds.items import Item, ItemSelectors, read_items
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parameters, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.pages import tree_of_page, vanished_by_status, vanished_by_words
from yuqing_crawler.domain.kinds.paging import next_page
from yuqing_crawler.domain.kinds.selection import Selector, value
from yuqing_crawler.domain.kinds.structure import guess_items
from yuqing_crawler.domain.times import parse_time


class ReviewParameters(Parameters):
    """How reviews are found on a product's page; what is not given is found by markup or by what repeats."""

    reviews: ItemSelectors | None = None
    product: Selector | None = Field(None, description="The product's name on the page; its title where not given")
    next: Selector | None = Field(None, description="The link to the next page of reviews")
    page_limit: int = Field(5, ge=1, le=200, description="Pages of reviews read in a run at the most")


class ReviewKind:
    """Reads reviews of a product or service."""

    name = "review"
    display_name = "商品评价"
    description = "The reviews of a product or service, with stars and product"
    parameters = ReviewParameters

    def start(self, source: SourceView[ReviewParameters]) -> tuple[Follow, ...]:
        """The first page of reviews."""
        return (Follow(source.address, START, meta={"page": "1"}),)

    def parse(self, fetched: Fetched, follow: Follow, source: SourceView[ReviewParameters]) -> Parsed:
        """The reviews of a page and the next page."""
        root = tree_of_page(fetched)
        if root is None:
            return Parsed(dropped=(Dropped(DropReason.NO_TEXT, "the page is empty", fetched.url),))
        parameters = source.parameters
        metadata = read_metadata(root)
        items = _items(root, metadata, fetched, source)
        product = (value(root, parameters.product) if parameters.product else "") or _product(root, metadata)
        documents, dropped = _documents(items, product, fetched, source)
        if not items:
            scripts = needs_scripts(root, text_of(root))
            reason = DropReason.NEEDS_SCRIPTS if scripts else DropReason.NOTHING_SELECTED
            dropped.append(Dropped(reason, "the page is filled by its scripts" if scripts else "no review was found on the page", fetched.url))
        page = int(follow.meta.get("page", "1"))
        further = next_page(root, fetched.url, parameters.next) if items and page < parameters.page_limit else ""
        follows = (Follow(further, START, meta={"page": str(page + 1)}),) if further else ()
        return Parsed(tuple(documents), follows, tuple(dropped))

    def revisit_follow(self, known: Known, source: SourceView[ReviewParameters]) -> Follow:
        """The page that the review was found on."""
        return Follow(without_fragment(known.url) or source.address, START, meta={"page": str(source.parameters.page_limit)})

    def revisit(self, fetched: Fetched, known: Known, source: SourceView[ReviewParameters]) -> Revisited:
        """The review now. Reviews move from page to page, so one that is not found may be elsewhere; only the product's end ends it."""
        gone = vanished_by_status(fetched)
        if gone is not None:
            return gone
        root = tree_of_page(fetched)
        if root is not None and vanished_by_words(root):
            return Revisited(vanished=True, detail="the page says that its content is gone")
        documents = self.parse(fetched, self.revisit_follow(known, source), source).documents
        found = next((document for document in documents if document.native_id == known.native_id), None)
        if found is None:
            return Revisited(vanished=False, detail="no longer on the page that it was found on")
        return Revisited(vanished=False, document=found, counts=found.counts)


KIND = ReviewKind()


def _items(root: HtmlElement, metadata: Metadata, fetched: Fetched, source: SourceView[ReviewParameters]) -> Sequence[Item]:
    now, zone = fetched.fetched_at, source.zone
    if source.parameters.reviews is None:
        declared = list(_declared(metadata, fetched, source))
        if declared:
            return declared
    selectors = source.parameters.reviews or guess_items(root, now, zone, rated=True) or guess_items(root, now, zone)
    return read_items(root, selectors, address=fetched.url, now=now, zone=zone) if selectors else ()


def _declared(metadata: Metadata, fetched: Fetched, source: SourceView[ReviewParameters]) -> Iterator[Item]:
    """The reviews in JSON-LD."""
    for thing in metadata.things:
        text = text_at(thing, "reviewBody", "description")
        if "review" in types_of(thing) and text:
            counts = declared_counts(thing)
            yield Item(
                text=text,
                native_id=text_at(thing, "@id", "identifier", "url"),
                title=text_at(thing, "name", "headline"),
                author=names_at(thing, "author"),
                published=parse_time(text_at(thing, "datePublished"), fetched.fetched_at, source.zone),
                rating=_stars(as_thing(thing.get("reviewRating"))),
                product=names_at(thing, "itemReviewed"),
                counts=Counts(likes=counts.get("likes"), comments=counts.get("comments"), useful=parse_count(text_at(thing, "upvoteCount"))),
            )


def _stars(rating: Thing) -> float | None:
    """A schema.org rating on the scale from 1 to 5, whatever scale it has."""
    try:
        number = float(text_at(rating, "ratingValue"))
        best = float(text_at(rating, "bestRating") or 5)
        worst = float(text_at(rating, "worstRating") or 1)
    except ValueError:
        return None
    if not worst < best or not worst <= number <= best:
        return None
    return number if (worst, best) == (1, 5) else 1 + 4 * (number - worst) / (best - worst)


def _product(root: HtmlElement, metadata: Metadata) -> str:
    named = (text_at(thing, "name") for thing in metadata.things if types_of(thing) & {"product", "hotel", "restaurant", "localbusiness"})
    return next((name for name in named if name), "") or find_title(root, metadata, [])


def _documents(items: Sequence[Item], product: str, fetched: Fetched, source: SourceView[ReviewParameters]) -> tuple[list[Document], list[Dropped]]:
    documents: dict[str, Document] = {}
    dropped: list[Dropped] = []
    for item in items:
        identity = item.native_id or _fingerprint(item)
        url = absolute(fetched.url, item.link) or f"{without_fragment(fetched.url)}#{identity}"
        if not item.text:
            dropped.append(Dropped(DropReason.NO_TEXT, "the review has no text", url))
        elif identity in documents:
            dropped.append(Dropped(DropReason.DUPLICATE_IN_PAGE, "the page shows it twice", url))
        else:
            documents[identity] = _review(item, identity, url, product, source)
    return list(documents.values()), dropped


def _fingerprint(item: Item) -> str:
    """A stable id for a review that its site gives none: who said what when."""
    said = f"{item.author}\0{item.published.at.isoformat() if item.published else ''}\0{item.text}"
    return f"said-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _review(item: Item, identity: str, url: str, product: str, source: SourceView[ReviewParameters]) -> Document:
    return Document(
        site=site_of(url),
        url=url,
        native_id=identity,
        canonical_url=canonical_address(url) if item.link else "",
        item_kind=ItemKind.REVIEW,
        medium=source.medium,
        title=item.title,
        text=item.text,
        author=Author(item.author, item.author_id),
        published_at=item.published.at if item.published else None,
        published_precision=item.published.precision if item.published else None,
        language=find_language(item.text, ""),
        region=item.region,
        images=item.images,
        counts=item.counts,
        rating=item.rating,
        product=item.product or product,
    )
