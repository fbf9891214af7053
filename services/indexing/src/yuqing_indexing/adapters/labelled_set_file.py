"""The labelled set as one ZIP: a file of compressed JSON lines for each set, and `media.json`, which names each set's medium."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import IO, Final

import orjson

PIECE_BYTES: Final = 64 * 1024
MEDIA_TYPE: Final = "application/zip"
_MADE: Final = (1980, 1, 1, 0, 0, 0)
"""The same labels give the same file."""


class LabelledSetFile:
    """Takes rows, one after the other, then gives the file."""

    def __init__(self) -> None:
        self._lines: dict[str, io.BytesIO] = {}
        self._packers: dict[str, gzip.GzipFile] = {}
        self._media: dict[str, str] = {}
        self.rows = 0

    def add(self, row: dict[str, str], medium: str) -> None:
        """One row of the set that it names."""
        name = row["source"]
        if name not in self._packers:
            self._lines[name] = io.BytesIO()
            self._packers[name] = gzip.GzipFile(fileobj=self._lines[name], mode="wb", mtime=0)
            self._media[name] = medium
        self._packers[name].write(orjson.dumps(row) + b"\n")
        self.rows += 1

    def pieces(self) -> Iterator[bytes]:
        """The file in pieces of 64 KiB, at least one."""
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
            for name, packer in sorted(self._packers.items()):
                packer.close()
                archive.writestr(zipfile.ZipInfo(f"{name}.jsonl.gz", _MADE), self._lines[name].getvalue())
            archive.writestr(zipfile.ZipInfo("media.json", _MADE), orjson.dumps(self._media, option=orjson.OPT_SORT_KEYS))
        whole.seek(0)
        yield from _pieces(whole)


def _pieces(whole: IO[bytes]) -> Iterator[bytes]:
    while piece := whole.read(PIECE_BYTES):
        yield piece
