"""Reads files that people bring: lists of sources (OPML, CSV) and mentions (CSV, JSON lines), with a line for each refused row."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import etree

from yuqing_crawler.domain.address import absolute, canonical_address, site_of
from yuqing_crawler.domain.document import LONGEST_TEXT, Author, Document
from yuqing_crawler.domain.extraction.signs import find_language
from yuqing_crawler.domain.extraction.tree import squeeze
from yuqing_crawler.domain.kinds.registry import KINDS
from yuqing_crawler.domain.times import parse_time
from yuqing_crawler.domain.words import column_named, medium_named

SOURCE_COLUMNS = ("display_name", "kind", "medium", "address", "legal_basis", "owner")
MENTION_COLUMNS = ("url", "site", "native_id", "title", "text", "author", "published_time", "medium", "region")
_OWNER = re.compile(r"(?:people|departments)/[a-z0-9-]{1,40}")
_LIMITS = {"title": 2000, "author": 500, "native_id": 512, "site": 253, "url": 8192, "region": 100}
csv.field_size_limit(4 * LONGEST_TEXT)  # the module's own limit would end the reading of a file at its first long text


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken. `line` counts from 1, the heading included; `reason` is a constant, `detail` is for people."""

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source that a file asks for."""

    line: int
    display_name: str
    kind: str
    medium: str
    address: str
    legal_basis: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A mention that a file brings, as a document."""

    line: int
    document: Document


def sources_from_opml(content: str) -> list[SourceRow | RefusedRow]:
    """The feeds of an OPML list. Folders are passed through; an outline with neither feed nor children is refused."""
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", content.lstrip("\ufeff")).encode("utf-8", "replace")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        return [RefusedRow(1, "UNREADABLE", f"not OPML: {error}")]
    rows: list[SourceRow | RefusedRow] = []
    for outline in root.iter("{*}outline"):
        address = str(outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        name = squeeze(str(outline.get("title") or outline.get("text") or ""))
        if address or len(outline) == 0:
            medium = medium_named(str(outline.get("category") or "")) or "news"
            line = outline.sourceline or 1
            rows.append(_source_row(line, {"display_name": name, "kind": "feed", "medium": medium, "address": address}))
    return _without_repeats(rows) or [RefusedRow(1, "EMPTY", "the list has no outline")]


def sources_from_csv(content: str) -> list[SourceRow | RefusedRow]:
    """The sources of a CSV list with the columns display_name, kind, medium, address, legal_basis, owner, or their Chinese names."""
    rows = _records(content.splitlines(keepends=True), SOURCE_COLUMNS, required=("kind", "medium", "address"))
    return _without_repeats([row if isinstance(row, RefusedRow) else _source_row(*row) for row in rows])


def mentions_from_csv(lines: Iterable[str], *, now: datetime, zone: ZoneInfo) -> Iterator[MentionRow | RefusedRow]:
    """Mentions of a CSV file, one by one as its lines come; the columns are `MENTION_COLUMNS` or their Chinese names."""
    for row in _records(lines, MENTION_COLUMNS, required=("text",)):
        yield row if isinstance(row, RefusedRow) else _mention_row(*row, now=now, zone=zone)


def mentions_from_json_lines(lines: Iterable[str], *, now: datetime, zone: ZoneInfo) -> Iterator[MentionRow | RefusedRow]:
    """Mentions of a file with one JSON object a line, one by one as they come."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = cast("object", json.loads(line.lstrip("\ufeff")))
        except (ValueError, RecursionError) as error:
            yield RefusedRow(number, "UNREADABLE", f"not JSON: {error}")
            continue
        if isinstance(value, dict):
            given = {column_named(key, MENTION_COLUMNS): text for key, text in cast("dict[str, object]", value).items()}
            yield _mention_row(number, {name: _text(text) for name, text in given.items() if name}, now=now, zone=zone)
        else:
            yield RefusedRow(number, "UNREADABLE", "the line is no JSON object")


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def _records(lines: Iterable[str], columns: tuple[str, ...], *, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]] | RefusedRow]:
    """The rows of a CSV file by column, each with the line that it begins on."""
    reader = csv.reader(lines, strict=True)
    names: list[str] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not names:
                names = [column_named(cell, columns) for cell in cells]
                missing = [name for name in required if name not in names]
                if missing:
                    yield RefusedRow(line, "MISSING_COLUMN", f"the heading lacks {', '.join(missing)}")
                    return
            elif any(cell.strip() for cell in cells):
                if len(cells) > len(names):
                    yield RefusedRow(line, "TOO_MANY_CELLS", f"{len(cells)} cells under {len(names)} headings")
                else:
                    yield line, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
    except csv.Error as error:
        yield RefusedRow(begins, "UNREADABLE", f"not CSV from here on: {error}")
    if not names:
        yield RefusedRow(1, "EMPTY", "the file is empty")


def _source_row(line: int, row: Mapping[str, str]) -> SourceRow | RefusedRow:
    kind, medium = row.get("kind", "").lower(), medium_named(row.get("medium", ""))
    by_name = {each.display_name: name for name, each in KINDS.items()}
    kind = by_name.get(kind, kind)
    address, owner = absolute("", row.get("address", "")), row.get("owner", "")
    if kind not in KINDS:
        return RefusedRow(line, "UNKNOWN_KIND", f"{row.get('kind', '')!r} is none of {', '.join(sorted(KINDS))}")
    if not medium:
        return RefusedRow(line, "UNKNOWN_MEDIUM", f"{row.get('medium', '')!r} is no medium")
    if not address or len(address) > 4096:
        return RefusedRow(line, "INVALID_ADDRESS", f"{row.get('address', '')[:200]!r} is no http address")
    if owner and not _OWNER.fullmatch(owner):
        return RefusedRow(line, "INVALID_OWNER", f"{owner!r} is neither people/… nor departments/…")
    name = squeeze(row.get("display_name", "")) or (urlsplit(address).hostname or "")
    return SourceRow(line, name[:200], kind, medium, address, squeeze(row.get("legal_basis", ""))[:1000], owner)


def _without_repeats(rows: list[SourceRow | RefusedRow]) -> list[SourceRow | RefusedRow]:
    """A second row for one address and kind is refused."""
    first: dict[tuple[str, str], int] = {}
    checked: list[SourceRow | RefusedRow] = []
    for row in rows:
        key = (row.kind, canonical_address(row.address)) if isinstance(row, SourceRow) else None
        if key in first:
            checked.append(RefusedRow(row.line, "DUPLICATE", f"the same as line {first[key]}"))
        else:
            checked.append(row)
        if key is not None:
            first.setdefault(key, row.line)
    return checked


def _mention_row(line: int, row: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> MentionRow | RefusedRow:
    url = absolute("", row.get("url", ""))
    site = row.get("site", "").strip() or site_of(url)
    text = "\n".join(part for part in (squeeze(part) for part in row.get("text", "").splitlines()) if part)
    stated = row.get("published_time", "").strip()
    published = parse_time(stated, now, zone) if stated else None
    medium = medium_named(row.get("medium", "")) if row.get("medium") else "other"
    too_long = next((name for name, limit in _LIMITS.items() if len(row.get(name, "")) > limit), "")
    refusals = (
        (not text, "NO_TEXT", "the row has no text"),
        (len(text) > LONGEST_TEXT, "TOO_LONG", f"the text has more than {LONGEST_TEXT} characters"),
        (bool(too_long), "TOO_LONG", f"{too_long} is too long"),
        (bool(row.get("url", "").strip()) and not url, "INVALID_ADDRESS", f"{row.get('url', '')[:200]!r} is no http address"),
        (not site, "NO_SITE", "neither an address nor a site says where it was"),
        (not url and not row.get("native_id", "").strip(), "NO_IDENTITY", "neither an address nor a native id says which it is"),
        (bool(stated) and published is None, "UNREADABLE_TIME", f"{stated[:100]!r} is no time, or one in the future"),
        (not medium, "UNKNOWN_MEDIUM", f"{row.get('medium', '')!r} is no medium"),
    )
    refused = next(((reason, detail) for wrong, reason, detail in refusals if wrong), None)
    if refused is not None:
        return RefusedRow(line, *refused)
    document = Document(
        site=site,
        url=url,
        canonical_url=canonical_address(url) if url else "",
        native_id=row.get("native_id", "").strip(),
        medium=medium,
        title=squeeze(row.get("title", "")),
        text=text,
        author=Author(squeeze(row.get("author", ""))),
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        language=find_language(text[:2000], ""),
        region=squeeze(row.get("region", "")),
    )
    return MentionRow(line, document)


def lines_of(content: str) -> Iterator[str]:
    """The lines of a text that is already in memory, as a file gives them."""
    return iter(io.StringIO(content, newline=""))
