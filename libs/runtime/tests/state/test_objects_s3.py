"""The same store over the S3 protocol: against a small server of it, since the real one is somebody's bill."""

import hashlib
import re
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from yuqing_runtime.objects import ObjectNotFound, Objects, path_of

PART = b"x" * (1024 * 1024)
UPLOAD = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>1</UploadId></InitiateMultipartUploadResult>"
DONE = '<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag>"e"</ETag></CompleteMultipartUploadResult>'


class S3(BaseHTTPRequestHandler):
    """What of S3 a store of whole objects needs."""

    stored: dict[str, bytes]
    parts: dict[int, bytes]
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Mon, 02 Mar 2026 08:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_PUT(self) -> None:
        address, content = urlsplit(self.path), self._body()
        if number := parse_qs(address.query).get("partNumber"):
            self.parts[int(number[0])] = content
        else:
            self.stored[address.path] = content
        self._answer(200)

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        body = self._body()
        if address.query == "delete":
            keys = re.findall("<Key>(.*?)</Key>", body.decode())
            for key in keys:
                self.stored.pop(f"{address.path}/{key}", None)  # S3 calls it a success when it was not there
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
        elif address.query.startswith("uploads"):
            self.parts.clear()
            self._answer(200, UPLOAD.encode())
        else:
            self.stored[address.path] = b"".join(self.parts[number] for number in sorted(self.parts))
            self._answer(200, DONE.encode())

    def do_GET(self) -> None:
        content = self.stored.get(self.path)
        self._answer(404) if content is None else self._answer(200, content)

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch) -> Iterator[dict[str, bytes]]:
    handler = type("Handler", (S3,), {"stored": {}, "parts": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings = {
        "AWS_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "local",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield handler.stored
    server.shutdown()
    server.server_close()
    thread.join()


async def test_object_is_kept_found_and_deleted_when_the_store_speaks_s3(bucket):
    objects = Objects.open("s3://evidence/pages")
    digest = await objects.put("舆情".encode())
    assert bucket == {f"/evidence/pages/{path_of(digest)}": "舆情".encode()}
    assert await objects.exists(digest)
    assert await objects.get(digest) == "舆情".encode()
    await objects.delete(digest)
    await objects.delete(digest)
    assert bucket == {}
    assert not await objects.exists(digest)
    with pytest.raises(ObjectNotFound):
        await objects.get(digest)


async def test_long_stream_is_kept_whole_when_the_store_speaks_s3(bucket):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield PART

    digest = await Objects.open("s3://evidence").put_stream(parts())
    assert digest == hashlib.sha256(PART * 12).hexdigest()
    assert bucket == {f"/evidence/{path_of(digest)}": PART * 12}
