"""What was fetched and what was judged, as the rules see them."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from yuqing_indexing.domain.addresses import canonical_address
from yuqing_indexing.domain.by_hand import ByHand, Correction, Judged, LabelKind
from yuqing_indexing.domain.correcting import corrected_labels, values_of
from yuqing_indexing.domain.labels import NO_LABELS, Labels


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a document; `followers` is None where the page does not say."""

    display_name: str = ""
    native_id: str = ""
    followers: int | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a document; text in pictures is not read."""

    url: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Interaction counts; None is not known, which is not zero."""

    likes: int | None = None
    comments: int | None = None
    reposts: int | None = None
    views: int | None = None


NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class Document:
    """One fetch of one page, as the page says it. Times are aware and exact to the millisecond; enumerations are their lower-case names."""

    source: str
    site: str
    fetched: datetime
    source_kind: str = ""
    medium: str = ""
    native_id: str = ""
    url: str = ""
    canonical_url: str = ""
    item_kind: str = ""
    title: str = ""
    text: str = ""
    author: Author | None = None
    outlet: str = ""
    published: datetime | None = None
    published_precision: str = ""
    language: str = ""
    region: str = ""
    images: tuple[Image, ...] = ()
    counts: Counts = NO_COUNTS
    rating: float | None = None
    product: str = ""
    reply_to: str = ""
    repost_of: str = ""
    stored_page: str = ""
    vanished: bool = False
    origin: str = ""

    @property
    def has_text(self) -> bool:
        """Whether there is anything to read in it."""
        return bool(self.title.strip() or self.text.strip())

    def digest(self) -> bytes:
        """Tells two fetches of the same millisecond apart, the same way everywhere."""
        return hashlib.sha256(repr(self).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the scoring model says of the text whose content hash is `content_hash`; probabilities from 0 to 1. `full`: by both of its stages.

    `words` are what top terms count of the text, where scoring has just told them: they are written with the mention, not with its judgement.
    """

    content_hash: str
    sentiment: str
    negative: float
    neutral: float
    positive: float
    language: str
    model: str
    model_version: str
    time: datetime
    labels: Labels = NO_LABELS
    full: bool = False
    words: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """That a mention belongs to the topic of this name, by the topic's query as of `generation`; spans are [start, end) in code points."""

    topic: str
    generation: int
    title: tuple[tuple[int, int], ...] = ()
    text: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """A story that a text has parts of, or is a part of; `share` is how much of the text it holds, from 0 to 1."""

    story: str
    share: float


@dataclass(frozen=True, slots=True)
class Membership:
    """The id of the story that a mention belongs to; `copy` says that it adds nothing to it.

    `related` are the stories that it is linked with, the parent of a joined text first. `size` is how many mentions the story had when this
    one was last put into it, it among them; that others came is no change of this one.
    """

    story: str
    copy: bool = False
    related: tuple[Related, ...] = ()
    size: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A mention's influence and risk from 0 to 100, and the version of the weights that they were computed with."""

    influence: float
    risk: float
    version: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A document with its history. Owners of its fields: `document` and what follows from fetches, `judgement` and `topics` of scoring,
    `by_hand` of people.

    `addresses` are all canonical addresses it was seen at; `content_hash` is of `document`. `assessment` follows from all the rest, and is
    that of its last write.
    """

    id: str
    document: Document
    content_hash: str
    first_seen: datetime
    last_seen: datetime
    edited: bool = False
    vanished: bool = False
    addresses: tuple[str, ...] = ()
    judgement: Judgement | None = field(default=None)
    topics: tuple[TopicMatch, ...] = ()
    membership: Membership | None = None
    by_hand: ByHand | None = None
    assessment: Assessment | None = field(default=None, compare=False)

    @property
    def judged_by(self) -> str:
        """The model of its judgement with its version; empty where it has none."""
        return f"{self.judgement.model} {self.judgement.model_version}" if self.judgement else ""

    @property
    def counting(self) -> tuple[Correction, ...]:
        """The corrections that count for the mention as it is now."""
        if self.by_hand is None:
            return ()
        return tuple(each for each in self.by_hand.corrections if each.counts(self.content_hash, self.judged_by))

    @property
    def sentiment(self) -> str:
        """What counts: as a person corrected it, or else as it was judged; empty where neither is known."""
        given = next((each.values[0] for each in self.counting if each.kind is LabelKind.SENTIMENT), "")
        return given or (self.judgement.sentiment if self.judgement else "")

    @property
    def labels(self) -> Labels:
        """What counts, as with sentiment."""
        judged = self.judgement.labels if self.judgement else NO_LABELS
        return corrected_labels(judged, self.counting) if self.by_hand else judged

    def judged(self, kind: LabelKind) -> Judged:
        """What the model says, whatever people do: what a correction is made of."""
        if self.judgement is None:
            return Judged((), self.content_hash, "")
        values = (self.judgement.sentiment,) if kind is LabelKind.SENTIMENT else values_of(self.judgement.labels, kind)
        return Judged(values, self.content_hash, self.judged_by)

    @property
    def language(self) -> str:
        """What the page says of its language, or else what scoring found."""
        return self.document.language or (self.judgement.language if self.judgement else "")

    @property
    def aliases(self) -> tuple[str, ...]:
        """The addresses other than the one its document was fetched at."""
        own = canonical_address(self.document.url)
        return tuple(address for address in self.addresses if address != own)

    @property
    def when(self) -> datetime:
        """When it counts as published: the time the page gives, or else when it was first seen."""
        return self.document.published or self.first_seen
