"""JSON APIs: items mapped by JSONPath, pages by number, offset, cursor or link, secrets named and never valued."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator
from w3lib.url import add_or_replace_parameters

from yuqing_crawler.domain.address import absolute
from yuqing_crawler.domain.document import Document, Dropped, DropReason, ItemKind
from yuqing_crawler.domain.extraction.signs import says_gone
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parameters, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.mapping import FieldPaths, Frame, JsonPath, document_of, fill, find, read_json, text_at
from yuqing_crawler.domain.kinds.pages import revisit_article, text_of_page, vanished_by_status

COMMENTS = "comments"
DETAIL = "detail"
PAGE = "page"
_SECRET = re.compile(r"\{secret:[a-zA-Z0-9_-]{1,60}\}")
_GUARDED_HEADERS = re.compile(r"^(?:authorization|proxy-authorization|cookie)$|token|secret|api-?key", re.IGNORECASE)
_OVERLAP = timedelta(minutes=10)
"""Items may appear a little later than the time that they state; so far back is read again."""


class Paging(Parameters):
    """How a list goes on."""

    style: Literal["none", "page", "offset", "cursor", "link"] = "none"
    parameter: str = Field("", max_length=100, description="The query parameter with the page, the offset or the cursor")
    start: int = Field(1, ge=0, description="The first page or offset")
    size: int = Field(20, ge=1, le=1000, description="Items on a page: an offset grows by it")
    size_parameter: str = Field("", max_length=100, description="The query parameter that asks for this size")
    next: JsonPath | None = Field(None, description="Where the next cursor or link stands in the response")
    page_limit: int = Field(10, ge=1, le=1000, description="Pages read in a run at the most")
    newest_first: bool = Field(True, description="Stop at items that were known at the last run")

    @model_validator(mode="after")
    def _complete(self) -> "Paging":
        if self.style in ("page", "offset", "cursor") and not self.parameter:
            raise ValueError(f"paging by {self.style} needs the query parameter's name")
        if self.style in ("cursor", "link") and self.next is None:
            raise ValueError(f"paging by {self.style} needs the path of the next {self.style}")
        return self


class CommentsParameters(Parameters):
    """Where the comments of an item are."""

    address: str = Field(min_length=1, max_length=1000, description="An address with {native_id} in it")
    items: JsonPath = "$[*]"
    fields: FieldPaths
    native_id_prefix: str = Field("", max_length=40)


class ApiParameters(Parameters):
    """How an API is asked and what its answers mean."""

    items: JsonPath = Field("$[*]", description="The items in a response")
    fields: FieldPaths
    item_kind: ItemKind = ItemKind.POST
    native_id_prefix: str = Field("", max_length=40, description="Set where the site counts several kinds of thing from 1")
    repost: JsonPath | None = Field(None, description="The object in an item that it passes on; a document of its own")
    replies: JsonPath | None = Field(None, description="The comments inside an item, with the same fields")
    paging: Paging = Paging.model_validate({})
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict, description="Values may hold {secret:name}")
    detail: str | None = Field(None, max_length=1000, description="The address of one item, with {native_id}, for later looks")
    detail_item: JsonPath = "$"
    comments: CommentsParameters | None = None

    @field_validator("headers")
    @classmethod
    def _secrets_are_named(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, text in headers.items():
            if _GUARDED_HEADERS.search(name) and not _SECRET.search(text):
                raise ValueError(f"the value of {name} is a secret: store it with the source and write {{secret:name}} here")
        return headers


class ApiKind:
    """Reads JSON APIs."""

    name = "api"
    display_name = "数据接口"
    description = "A JSON API, whose items are mapped by JSONPath"
    parameters = ApiParameters

    def start(self, source: SourceView[ApiParameters]) -> tuple[Follow, ...]:
        """The first page."""
        parameters, paging = source.parameters, source.parameters.paging
        query = dict(parameters.query)
        if paging.style in ("page", "offset"):
            query[paging.parameter] = str(paging.start)
        if paging.size_parameter:
            query[paging.size_parameter] = str(paging.size)
        return (_asked(_with_query(source.address, query), START, parameters, {"page": "1"}),)

    def parse(self, fetched: Fetched, follow: Follow, source: SourceView[ApiParameters]) -> Parsed:
        """The items of a response, the next page, and where the comments are."""
        value = read_json(text_of_page(fetched))
        if value is None:
            return Parsed(dropped=(Dropped(DropReason.UNREADABLE, "the response is no JSON", fetched.url),))
        if follow.role == COMMENTS:
            return _comments(value, fetched, follow, source)
        items = find(value, source.parameters.items)
        documents, dropped = _documents(items, fetched, source)
        if not items and follow.role == START:
            dropped.append(Dropped(DropReason.NOTHING_SELECTED, f"{source.parameters.items} finds nothing in the response", fetched.url))
        newest = max([follow.meta.get("newest", ""), *(_moment(document) for document in documents)])
        further = _next_page(value, items, fetched=fetched, follow=follow, source=source)
        follows = [replace(further, meta={**further.meta, "newest": newest})] if further else []
        cursor = {"newest": newest} if newest and not further else {}
        return Parsed(tuple(documents), (*follows, *_comment_follows(documents, source)), tuple(dropped), cursor)

    def revisit_follow(self, known: Known, source: SourceView[ApiParameters]) -> Follow:
        """The item's own address in the API; its page where the API has none."""
        parameters = source.parameters
        identity = known.native_id.removeprefix(parameters.native_id_prefix)
        address = fill(parameters.detail, {"native_id": identity}) if parameters.detail else ""
        if address:
            return _asked(absolute(source.address, address), DETAIL, parameters, {})
        return Follow(known.url or source.address, PAGE)

    def revisit(self, fetched: Fetched, known: Known, source: SourceView[ApiParameters]) -> Revisited:
        """The item now."""
        gone = vanished_by_status(fetched)
        if gone is not None:
            return gone
        value = read_json(text_of_page(fetched))
        if value is None:
            return revisit_article(fetched, source)
        documents, _ = _documents(find(value, source.parameters.detail_item), fetched, source)
        found = next((document for document in documents if document.native_id == known.native_id), None)
        if found is None:
            said = text_at(value, "$.message") or text_at(value, "$.error") or text_at(value, "$.msg")
            return Revisited(vanished=says_gone("", [said]), detail=said or "the response holds no such item")
        return Revisited(vanished=False, document=found, counts=found.counts)


KIND = ApiKind()


def _asked(url: str, role: str, parameters: ApiParameters, meta: dict[str, str]) -> Follow:
    return Follow(url, role, meta=meta, headers={"accept": "application/json", **parameters.headers})


def _with_query(address: str, query: dict[str, str]) -> str:
    """An address with parameters; the places of secrets stay as they were written, for the engine to find."""
    url = add_or_replace_parameters(address, query) if query else address
    return re.sub(r"%7Bsecret%3A([\w-]+)%7D", r"{secret:\1}", url)


def _frame(fetched: Fetched, source: SourceView[ApiParameters]) -> Frame:
    parameters = source.parameters
    return Frame(fetched.url, source.medium, parameters.item_kind, fetched.fetched_at, source.zone, parameters.native_id_prefix)


def _documents(items: Sequence[object], fetched: Fetched, source: SourceView[ApiParameters]) -> tuple[list[Document], list[Dropped]]:
    """The documents of items, with what they pass on and the comments inside them, each once."""
    parameters, frame = source.parameters, _frame(fetched, source)
    found: list[Document] = []
    for item in items:
        document = document_of(item, parameters.fields, frame)
        passed_on = [document_of(each, parameters.fields, frame) for each in find(item, parameters.repost)]
        if passed_on and not document.repost_of:
            document = replace(document, repost_of=passed_on[0].native_id or passed_on[0].canonical_url)
        key = document.native_id or document.canonical_url
        inside = (document_of(each, parameters.fields, replace(frame, item_kind=ItemKind.COMMENT)) for each in find(item, parameters.replies))
        found += [document, *passed_on, *(replace(each, reply_to=each.reply_to or key) for each in inside)]
    return _kept(found)


def _kept(documents: Sequence[Document]) -> tuple[list[Document], list[Dropped]]:
    kept: dict[str, Document] = {}
    dropped: list[Dropped] = []
    for document in documents:
        key = document.native_id or document.canonical_url
        if not key:
            dropped.append(Dropped(DropReason.NO_ADDRESS, "the item has neither id nor address"))
        elif not document.text:
            dropped.append(Dropped(DropReason.NO_TEXT, f"item {key} has no text", document.url))
        elif not document.author.display_name and says_gone("", [document.text]):
            dropped.append(Dropped(DropReason.NO_TEXT, f"item {key} is only a note that it was deleted", document.url))
        elif key in kept:
            if document.repost_of or document.reply_to:
                kept[key] = document
        else:
            kept[key] = document
    return list(kept.values()), dropped


def _moment(document: Document) -> str:
    return document.published_at.astimezone(UTC).isoformat() if document.published_at else ""


def _next_page(value: object, items: Sequence[object], *, fetched: Fetched, follow: Follow, source: SourceView[ApiParameters]) -> Follow | None:
    """The next page, unless the list ends here, the limit is reached, or the rest was known at the last run."""
    parameters, paging = source.parameters, source.parameters.paging
    page = int(follow.meta.get("page", "1"))
    if not items or page >= paging.page_limit or (paging.newest_first and _reaches_known(items, fetched, source)):
        return None
    url = _next_address(value, follow.url or fetched.url, page, paging)
    return _asked(url, PAGE, parameters, {"page": str(page + 1)}) if url and url != follow.url else None


def _reaches_known(items: Sequence[object], fetched: Fetched, source: SourceView[ApiParameters]) -> bool:
    """Whether the last item is older than the newest of the last run. (The first may be old: pinned.)"""
    newest = source.cursor.get("newest", "")
    last = document_of(items[-1], source.parameters.fields, _frame(fetched, source)).published_at
    return bool(newest) and last is not None and last < datetime.fromisoformat(newest) - _OVERLAP


def _next_address(value: object, url: str, page: int, paging: Paging) -> str:
    if paging.style == "page":
        return _with_query(url, {paging.parameter: str(paging.start + page)})
    if paging.style == "offset":
        return _with_query(url, {paging.parameter: str(paging.start + page * paging.size)})
    given = text_at(value, paging.next)
    if paging.style == "cursor":
        return _with_query(url, {paging.parameter: given}) if given and given not in ("0", "-1") else ""
    return absolute(url, given) if paging.style == "link" else ""


def _comment_follows(documents: Sequence[Document], source: SourceView[ApiParameters]) -> list[Follow]:
    """The comments of each item, asked for again only when their number has changed."""
    parameters, comments = source.parameters, source.parameters.comments
    if comments is None:
        return []
    follows: list[Follow] = []
    for document in documents:
        identity = document.native_id.removeprefix(parameters.native_id_prefix)
        address = fill(comments.address, {"native_id": identity}) if identity and document.counts.comments != 0 else ""
        if address:
            once = f"{address} {document.counts.comments}" if document.counts.comments is not None else ""
            follow = _asked(absolute(source.address, address), COMMENTS, parameters, {"reply_to": document.native_id})
            follows.append(replace(follow, once_key=once))
    return follows


def _comments(value: object, fetched: Fetched, follow: Follow, source: SourceView[ApiParameters]) -> Parsed:
    comments = source.parameters.comments
    if comments is None:
        return Parsed()
    frame = replace(_frame(fetched, source), item_kind=ItemKind.COMMENT, prefix=comments.native_id_prefix)
    read = [document_of(item, comments.fields, frame) for item in find(value, comments.items)]
    documents, dropped = _kept([replace(each, reply_to=each.reply_to or follow.meta.get("reply_to", "")) for each in read])
    return Parsed(tuple(documents), dropped=tuple(dropped))
