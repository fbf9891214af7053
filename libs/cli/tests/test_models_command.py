"""`yuqing models` against a gateway that answers what it is told to."""

import base64
import gzip
import hashlib
import io
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from yuqing_cli.client.models import models


class Answers(BaseHTTPRequestHandler):
    """Keeps what it is asked, and answers as the gateway does."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, body))
        if self.path == "/v1/labels:export":
            return self.answer(labelled_set(), {"x-yuqing-rows": "1"})
        if self.path == "/v1/modelParts":
            return self.answer(json.dumps({"part": hashlib.sha256(base64.b64decode(body["content"])).hexdigest()}).encode())
        if self.path == "/v1/models":
            return self.answer(b'{"name": "models/7", "modelVersion": "1.x", "secondModelVersion": ""}')
        if self.path.endswith(":remove"):
            return self.answer(b"{}")
        figures = [{"model": name, "modelVersion": "m 1", "accuracy": 0.5, "macroF1": 0.4, "calibrationError": 0.1} for name in body["models"]]
        return self.answer(json.dumps({"figures": figures, "firstOnlySize": 1, "secondOnlySize": 0, "pValue": 1.0}).encode())

    def answer(self, content, headers=None):
        self.send_response(200)
        for name, value in ({"content-length": str(len(content)), "content-type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code="-", size="-"):
        """Says nothing."""


def labelled_set():
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("labelled_news.jsonl.gz", gzip.compress(line("dev", "labelled_news")))
        archive.writestr("media.json", '{"labelled_news": "news"}')
    return whole.getvalue()


def line(split, source):
    return json.dumps({"text": f"{source} {split}", "label": "neg", "source": source, "split": split, "id": "1"}).encode() + b"\n"


@pytest.fixture
def gateway():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(gateway, *arguments):
    result = CliRunner().invoke(models, [*map(str, arguments), "--url", f"http://127.0.0.1:{gateway.server_port}", "--token", "t"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_labels_stand_beside_other_sets_when_they_are_exported(gateway, tmp_path):
    (tmp_path / "media.json").write_text('{"other": "forum"}', encoding="utf-8")
    run(gateway, "labels", "--out", tmp_path)
    assert json.loads((tmp_path / "media.json").read_text(encoding="utf-8")) == {"labelled_news": "news", "other": "forum"}
    assert gzip.decompress((tmp_path / "labelled_news.jsonl.gz").read_bytes()) == line("dev", "labelled_news")


def test_rows_that_were_held_back_are_compared_of_every_set(gateway, tmp_path):
    (tmp_path / "media.json").write_text('{"a": "news", "b": "forum"}', encoding="utf-8")
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(line("train", name) + line("dev", name)))
    printed = run(gateway, "compare", "shipped", "7", "--data", tmp_path)
    ((path, body),) = gateway.asked
    assert (path, body["models"]) == ("/v1/models:compare", ["models/shipped", "models/7"])
    assert [(each["text"], each["medium"], each["sentiment"]) for each in body["texts"]] == [
        ("a dev", "MEDIUM_NEWS", "SENTIMENT_NEGATIVE"),
        ("b dev", "MEDIUM_FORUM", "SENTIMENT_NEGATIVE"),
    ]
    assert "models/7\tm 1\taccuracy 0.500" in printed


def test_a_model_goes_up_in_parts_when_it_is_added(gateway, tmp_path, monkeypatch):
    monkeypatch.setattr("yuqing_cli.client.models._PART_BYTES", 4)
    (tmp_path / "sentiment.json").write_bytes(b"123456789")
    assert run(gateway, "add", tmp_path, "--note", "新") == "models/7\t1.x\n"
    parts = [hashlib.sha256(part).hexdigest() for part in (b"1234", b"5678", b"9")]
    assert gateway.asked[-1] == ("/v1/models", {"files": [{"name": "sentiment.json", "parts": parts}], "note": "新"})


def test_the_reason_goes_with_it_when_a_model_is_removed(gateway):
    run(gateway, "remove", "7", "--reason", "不再需要")
    assert gateway.asked == [("/v1/models/7:remove", {"reason": "不再需要"})]
