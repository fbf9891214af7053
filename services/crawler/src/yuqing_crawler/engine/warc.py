"""Stored pages as WARC records (ISO 28500): one compressed record, readable by every tool for web archives, with SHA-256 digests."""

import io
from http import HTTPStatus
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from yuqing_crawler.domain.kinds.kind import Fetched

_TRANSFER = frozenset({"content-encoding", "transfer-encoding", "content-length", "set-cookie"})
"""Headers that say how the body travelled, which is stored as it was read; and cookies, which are nobody's business later."""


class _Sha256Writer(WARCWriter):  # pyright: ignore[reportUntypedBaseClass] # the library carries no types
    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


def record_of(fetched: Fetched) -> bytes:
    """The compressed response record of a page."""
    out = io.BytesIO()
    writer: Any = _Sha256Writer(out, gzip=True, warc_version="1.1")
    kept = [(name, value) for name, value in fetched.headers.items() if name not in _TRANSFER]
    headers = StatusAndHeaders(_status_line(fetched.status), [*kept, ("content-length", str(len(fetched.body)))], protocol="HTTP/1.1")
    writer.write_record(
        writer.create_warc_record(
            fetched.url,
            "response",
            payload=io.BytesIO(fetched.body),
            length=len(fetched.body),
            http_headers=headers,
            warc_headers_dict={"WARC-Date": f"{fetched.fetched_at:%Y-%m-%dT%H:%M:%S.%fZ}"},
        )
    )
    return out.getvalue()


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
