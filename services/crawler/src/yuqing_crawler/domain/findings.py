"""What people found: a link, a text, or both, as a document of their words where the link cannot be read."""

from dataclasses import dataclass, replace
from datetime import datetime

from yuqing_crawler.domain.address import canonical_address, site_of
from yuqing_crawler.domain.document import Author, Document, Precision


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as a person gave it. `origin` is the report or visit that it belongs to, `number` tells findings of one origin apart."""

    origin: str
    number: int = 0
    url: str = ""
    title: str = ""
    text: str = ""
    site: str = ""
    medium: str = ""
    author: str = ""
    published_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that could become a document."""
        return not (self.url or self.text.strip() or self.title.strip())


def as_given(finding: Finding) -> Document | None:
    """The document in the person's own words; None where they wrote none (only a link)."""
    text = finding.text.strip() or finding.title.strip()
    if not text:
        return None
    identity = "" if finding.url else f"{finding.origin}/{finding.number}"
    return Document(
        site=finding.site or site_of(finding.url) or "yuqing",
        url=finding.url,
        canonical_url=canonical_address(finding.url) if finding.url else "",
        native_id=identity,
        text=text,
        medium=finding.medium,
        title=finding.title,
        author=Author(finding.author),
        published_at=finding.published_at,
        published_precision=Precision.SECOND if finding.published_at else None,
    )


def completed(document: Document, finding: Finding) -> Document:
    """A document read from the link, with what the person said where the page does not say it."""
    changed = replace(document, title=document.title or finding.title, medium=document.medium or finding.medium)
    if not changed.author.display_name and finding.author:
        changed = replace(changed, author=Author(finding.author))
    if changed.published_at is None and finding.published_at is not None:
        changed = replace(changed, published_at=finding.published_at, published_precision=Precision.SECOND)
    return changed
