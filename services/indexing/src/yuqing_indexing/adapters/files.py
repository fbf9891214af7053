"""Mentions as files: CSV, XLSX and JSON lines, made piece by piece so that a million rows need little memory."""

import asyncio
import csv
import io
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, cast

import orjson
import xlsxwriter

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.exporting import COLUMNS, cells, record

_READ_BYTES = 64 * 1024
_BYTE_ORDER_MARK = "\ufeff".encode()
"""Without it Excel takes UTF-8 for the machine's own charset."""
_HEADINGS = [column.heading for column in COLUMNS]
_WIDTHS = {"title": 40, "text": 60, "url": 40}


class FileForm(ABC):
    """One form of file. `write` is given portions of mentions, `pieces` what it made of them; it does not outlive one export."""

    media_type: str
    suffix: str

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    @abstractmethod
    async def pieces(self, portions: AsyncIterator[Sequence[Mention]]) -> AsyncIterator[bytes]:
        """The file in pieces of any size."""
        yield b""


class CsvFile(FileForm):
    """RFC 4180 with a byte order mark."""

    media_type = "text/csv; charset=utf-8"
    suffix = "csv"

    async def pieces(self, portions: AsyncIterator[Sequence[Mention]]) -> AsyncIterator[bytes]:
        """See `FileForm`."""
        yield _BYTE_ORDER_MARK + _csv([_HEADINGS])
        async for portion in portions:
            yield await asyncio.to_thread(_csv_rows, portion, self._zone)


class JsonLinesFile(FileForm):
    """One JSON object a line."""

    media_type = "application/x-ndjson"
    suffix = "jsonl"

    async def pieces(self, portions: AsyncIterator[Sequence[Mention]]) -> AsyncIterator[bytes]:
        """See `FileForm`."""
        async for portion in portions:
            yield await asyncio.to_thread(_json_lines, portion)


class XlsxFile(FileForm):
    """A workbook of one sheet. It is a zip archive, so it lies in a temporary file until its last row is written."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    suffix = "xlsx"

    async def pieces(self, portions: AsyncIterator[Sequence[Mention]]) -> AsyncIterator[bytes]:
        """See `FileForm`."""
        with tempfile.TemporaryDirectory(prefix="yuqing-export-") as folder:
            path = Path(folder) / "mentions.xlsx"
            sheet = await asyncio.to_thread(_Sheet, path, self._zone)
            async for portion in portions:
                await asyncio.to_thread(sheet.add, portion)
            await asyncio.to_thread(sheet.close)
            with await asyncio.to_thread(path.open, "rb") as file:
                while piece := await asyncio.to_thread(file.read, _READ_BYTES):
                    yield piece


class _Sheet:
    def __init__(self, path: Path, zone: tzinfo) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": str(path.parent)}
        # Its own types leave out what most parameters are.
        self._workbook = cast("Any", xlsxwriter.Workbook(str(path), options))
        self._sheet = self._workbook.add_worksheet("mentions")
        self._zone = zone
        self._row = 1
        for at, column in enumerate(COLUMNS):
            self._sheet.set_column(at, at, _WIDTHS.get(column.key, 14))
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, _HEADINGS, self._workbook.add_format({"bold": True}))

    def add(self, mentions: Sequence[Mention]) -> None:
        for mention in mentions:
            self._sheet.write_row(self._row, 0, cells(mention, self._zone))
            self._row += 1

    def close(self) -> None:
        self._workbook.close()


def _csv_rows(mentions: Sequence[Mention], zone: tzinfo) -> bytes:
    return _csv([cells(mention, zone) for mention in mentions])


def _json_lines(mentions: Sequence[Mention]) -> bytes:
    return b"".join(orjson.dumps(record(mention), option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE) for mention in mentions)


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")
