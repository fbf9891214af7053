"""From what a page says to documents as they are kept; runs in the parser's process, so it needs little."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from yuqing_crawler import wire
from yuqing_crawler.domain.document import Document, Precision
from yuqing_crawler.domain.entries import Revisitable, SpoolEntry
from yuqing_crawler.domain.keys import content_hash, document_key, text_hash
from yuqing_crawler.domain.kinds.kind import Fetched
from yuqing_crawler.domain.revisits import heat, is_worth_revisiting
from yuqing_crawler.domain.source import Source

_EXACT = (Precision.SECOND, Precision.MINUTE)


@dataclass(frozen=True, slots=True)
class PageOf:
    """What a page's documents must know of their source."""

    source_id: str
    kind: str
    medium: int

    @classmethod
    def of(cls, source: Source) -> "PageOf":
        """Of this source."""
        return cls(source.id, source.kind, source.medium)


@dataclass(frozen=True, slots=True)
class Offer:
    """A document of a page, before it is known whether it is new. Its entry's message lacks time, evidence and origin."""

    entry: SpoolEntry
    lag_seconds: float | None = None


def offers(page: PageOf, documents: Sequence[Document], fetched: Fetched) -> list[Offer]:
    """The documents of a page, each once."""
    found = (_offer(page, document, fetched) for document in documents)
    return list({offer.entry.key: offer for offer in found}.values())


def _offer(page: PageOf, document: Document, fetched: Fetched) -> Offer:
    source = f"sources/{page.source_id}" if page.source_id else ""
    message = wire.document_message(document, source=source, source_kind=page.kind, medium=page.medium)
    key = document_key(message.site, message.native_id, message.canonical_url or message.url)
    revisit = None
    if is_worth_revisiting(document, fetched.fetched_at):
        own_page = fetched.url in (message.url, message.canonical_url)
        host = urlsplit(message.url).hostname or ""
        revisit = Revisitable(message.url, host, heat(document.counts), text_hash(message.text) if own_page else b"")
    lag = None
    if document.published_at is not None and document.published_precision in _EXACT:
        lag = (fetched.fetched_at - document.published_at).total_seconds()
    content = message.SerializeToString(deterministic=True)
    return Offer(SpoolEntry(page.source_id, key, content_hash(content), content, revisit=revisit), lag)
