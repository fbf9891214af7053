"""Only the file whose hash we know is taken, and broken transfers are tried again."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from yuqing_embedded.downloads import Artifact, DownloadError, fetched

CONTENT = b"a server, as it were" * 10_000


class Repository(BaseHTTPRequestHandler):
    """A Maven repository with one file; it breaks off the first `broken` transfers."""

    broken = 0

    def do_GET(self) -> None:
        if not self.path.endswith("/org/example/thing/1.0/thing-1.0.zip"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if Repository.broken:
            Repository.broken -= 1
            self.wfile.write(CONTENT[:100])
        else:
            self.wfile.write(CONTENT)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def repositories() -> Iterator[dict[str, str]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Repository) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield {"test": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()
        thread.join()


def thing(sha256: str) -> Artifact:
    return Artifact("org.example", "thing", "1.0", "zip", sha256)


def test_file_is_taken_when_its_hash_is_the_known_one(tmp_path: Path, repositories: dict[str, str]) -> None:
    with fetched(thing(hashlib.sha256(CONTENT).hexdigest()), tmp_path, repositories=repositories) as path:
        assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == []


def test_file_is_refused_when_its_hash_is_another(tmp_path: Path, repositories: dict[str, str]) -> None:
    with pytest.raises(DownloadError, match="SHA-256"), fetched(thing("0" * 64), tmp_path, repositories=repositories):
        pass
    assert list(tmp_path.iterdir()) == []


def test_transfer_is_tried_again_when_it_breaks_off(tmp_path: Path, repositories: dict[str, str]) -> None:
    Repository.broken = 2
    with fetched(thing(hashlib.sha256(CONTENT).hexdigest()), tmp_path, repositories=repositories) as path:
        assert path.read_bytes() == CONTENT


def test_progress_is_told_in_plain_lines_when_there_is_no_terminal(
    tmp_path: Path, repositories: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    with fetched(thing(hashlib.sha256(CONTENT).hexdigest()), tmp_path, repositories=repositories):
        pass
    assert capfd.readouterr().err.count("thing-1.0.zip") == 4
