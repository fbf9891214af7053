"""An S3 server in this process: for tests of what lies in an S3-compatible store."""

import os
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from unittest import mock

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.server import ThreadedMotoServer

_REGION = "us-east-1"


@dataclass(frozen=True)
class Bucket:
    """A bucket of the server, seen from behind: what clients have put there."""

    name: str

    @property
    def url(self) -> str:
        """Where pages lie in it."""
        return f"s3://{self.name}/pages"

    def contents(self) -> dict[str, bytes]:
        """All that lies there."""
        return {name: key.value for name, key in self._keys.items()}

    def put(self, key: str, content: bytes = b"") -> None:
        """Puts something there past its clients."""
        _backend().put_object(self.name, key, content)

    def grow_old(self, digest: str, age: timedelta) -> None:
        """Lets the object of this name seem to be stored so long ago."""
        (key,) = [key for name, key in self._keys.items() if name.endswith(digest)]
        key.last_modified -= age

    @property
    def _keys(self) -> Mapping[str, FakeKey]:
        return cast("Mapping[str, FakeKey]", _backend().buckets[self.name].keys)


@contextmanager
def running_bucket() -> Generator[Bucket]:
    """An empty bucket of a running server, which the environment leads to."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        settings = {
            "AWS_ENDPOINT": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": _REGION,
        }
        bucket = Bucket(f"evidence-{secrets.token_hex(4)}")
        _backend().create_bucket(bucket.name, _REGION)
        with mock.patch.dict(os.environ, settings):
            yield bucket
    finally:
        server.stop()


def _backend() -> S3Backend:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
