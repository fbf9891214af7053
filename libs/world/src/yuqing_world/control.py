"""The switch by which tests change a running world: publish now, edit, delete, and make hosts fail."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from yuqing_world.story.arc import Place, Sentiment, Strand
from yuqing_world.story.item import Item, truth_of
from yuqing_world.story.sketch import Sketch, Words
from yuqing_world.story.vocabulary import HOSTS, PRODUCTS
from yuqing_world.story.world import World


class ControlError(ValueError):
    """A request that makes no sense in this world; the message says why."""


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Publish(_Request):
    """New texts. Without `text` the writer finds words; `{n}` in it becomes a running number. `over_seconds` spreads them over the time to come."""

    place: Literal["microblog", "article", "essay", "thread", "review"] = "microblog"
    count: int = Field(default=1, ge=1, le=10_000)
    over_seconds: float = Field(default=0.0, ge=0, le=3_600)
    title: str = ""
    text: str = ""
    strand: Strand = Strand.COMPLAINT
    sentiment: Sentiment = Sentiment.NEGATIVE
    sku: str = "k5"


class Change(_Request):
    """An item by its key; `text` is what an edit makes of it."""

    key: str
    text: str = ""


class Fault(_Request):
    """How a host fails: a delay before each answer, and a status instead of it (0 for none). Without both it is well again."""

    host: str
    status: int = Field(default=0, ge=0, le=599)
    delay_seconds: float = Field(default=0.0, ge=0, le=600)
    retry_after_seconds: int = Field(default=0, ge=0)


class ControlRequest(_Request):
    """What a test asks for; the parts are carried out in this order."""

    publish: Publish | None = None
    edit: Change | None = None
    delete: Change | None = None
    fault: Fault | None = None


@dataclass(slots=True)
class Control:
    """Changes to a world and faults of its hosts. Not part of what the seed determines."""

    world: World
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    published: int = 0

    def carry_out(self, request: ControlRequest) -> list[Item]:
        """Does it and gives the items that were touched. Raises ControlError for a host, product or key that is not there."""
        touched: list[Item] = []
        if request.publish is not None:
            touched += self._publish(request.publish)
        if request.edit is not None:
            touched.append(self._edit(request.edit))
        if request.delete is not None:
            touched.append(self._delete(request.delete.key))
        if request.fault is not None:
            self._fail(request.fault)
        return touched

    def truth(self, items: list[Item]) -> list[dict[str, object]]:
        """The truth about items as of now, those to come included."""
        return [truth_of(item, max(self.world.now(), item.published_at)) for item in items]

    def _publish(self, wanted: Publish) -> list[Item]:
        if wanted.place == "review" and wanted.sku not in PRODUCTS:
            raise ControlError(f"no product {wanted.sku!r}")
        now = self.world.now()
        moments = [now + timedelta(seconds=wanted.over_seconds * index / wanted.count) for index in range(wanted.count)]
        return [self.world.add(self._sketch(wanted, self.world.clock.hour(moment))) for moment in moments]

    def _sketch(self, wanted: Publish, hour: float) -> Sketch:
        self.published += 1
        sketch = Sketch(hour, Place(wanted.place), wanted.strand, wanted.sentiment, author=self.published % 40)
        if wanted.place == "review":
            sketch.subject = wanted.sku
        elif wanted.strand is Strand.TOWN:
            sketch.subject = "weather"
        if wanted.text:
            sketch.words = Words(wanted.title.replace("{n}", str(self.published)), wanted.text.replace("{n}", str(self.published)))
        return sketch

    def _edit(self, change: Change) -> Item:
        sketch = self._find(change.key)
        item, now = self.world.item(sketch), self.world.now()
        done = [edit for edit in item.edits if edit.at <= now]
        sketch.words = Words(item.title, item.text, (*(edit.text for edit in done), change.text))
        sketch.edit_hours = (*sketch.edit_hours[: len(done)], self.world.clock.hour(now))
        return self._changed(sketch)

    def _delete(self, key: str) -> Item:
        sketch = self._find(key)
        sketch.deleted_hour = self.world.clock.hour(self.world.now())
        return self._changed(sketch)

    def _changed(self, sketch: Sketch) -> Item:
        self.world.changed()
        return self.world.item(sketch)

    def _find(self, key: str) -> Sketch:
        now = self.world.now()
        for item in self.world.items_at(now):
            if item.key == key and not item.deleted_by(now):
                return item.sketch
        raise ControlError(f"nothing is published as {key!r}")

    def _fail(self, fault: Fault) -> None:
        if fault.host not in HOSTS:
            raise ControlError(f"no host {fault.host!r}")
        self.faults[fault.host] = fault
