"""What the town's pages show of a text, and the truth about it that tests compare with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yuqing_world.story.arc import Sentiment, Strand
from yuqing_world.story.people import Account
from yuqing_world.story.sketch import Sketch


class Kind(StrEnum):
    """What kind of text it is."""

    NEWS = "news"
    COMMENT = "comment"
    POST = "post"
    REVIEW = "review"
    MICROBLOG = "microblog"


@dataclass(frozen=True, slots=True)
class Edit:
    """What the text became, and when."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A text with all that is true of it over its life. Moments are aware and in UTC; relations name native ids on the same site."""

    number: int
    native_id: str
    site: str
    url: str
    medium: str
    kind: Kind
    strand: Strand
    sentiment: Sentiment
    title: str
    text: str
    """As first published; `text_at` knows the edits."""
    author: Account
    outlet: str
    published_at: datetime
    region: str
    rating: int | None
    product: str
    reply_to: str
    """What it answers."""
    repost_of: str
    """The first status of what it passes on."""
    copy_of: str
    """`site/native id` of what it copies."""
    edits: tuple[Edit, ...]
    deleted_at: datetime | None
    sketch: Sketch

    @property
    def key(self) -> str:
        """Unique in the whole world."""
        return f"{self.site}/{self.native_id}"

    def text_at(self, at: datetime) -> str:
        """What the text says at this moment."""
        said = [edit.text for edit in self.edits if edit.at <= at]
        return said[-1] if said else self.text

    def edited_at(self, at: datetime) -> datetime | None:
        """When it was last edited, as of this moment."""
        done = [edit.at for edit in self.edits if edit.at <= at]
        return done[-1] if done else None

    def deleted_by(self, at: datetime) -> bool:
        """Whether it is gone at this moment."""
        return self.deleted_at is not None and self.deleted_at <= at


def truth_of(item: Item, at: datetime) -> dict[str, object]:
    """The truth about an item at a moment, as a JSON object."""
    return {
        "key": item.key,
        "native_id": item.native_id,
        "site": item.site,
        "url": item.url,
        "medium": item.medium,
        "kind": item.kind,
        "strand": item.strand,
        "sentiment": item.sentiment,
        "title": item.title,
        "text": item.text_at(at),
        "author": item.author.name,
        "outlet": item.outlet,
        "published_at": item.published_at.isoformat(),
        "region": item.region,
        "rating": item.rating,
        "product": item.product,
        "reply_to": item.reply_to,
        "repost_of": item.repost_of,
        "copy_of": item.copy_of,
        "edits": [{"at": edit.at.isoformat(), "text": edit.text} for edit in item.edits if edit.at <= at],
        "deleted_at": item.deleted_at.isoformat() if item.deleted_at is not None and item.deleted_by(at) else None,
    }
