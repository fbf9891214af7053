"""Starts the demonstration world inside a test, on a free port, as the outside that the product looks at."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import httpx

from yuqing_world.hosts import hosts
from yuqing_world.server import Town, listening, server, town
from yuqing_world.settings import WorldSettings
from yuqing_world.story.world import World

_STOPPED_WITHIN_SECONDS = 20


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """A world that is being served."""

    port: int
    town: Town

    @property
    def world(self) -> World:
        """The model behind the pages."""
        return self.town.world

    @property
    def hosts(self) -> dict[str, str]:
        """Name to `127.0.0.1:port`, for the outgoing guard."""
        return hosts(self.port)

    def client(self, host: str = "world.yuqing.test") -> httpx.Client:
        """A client of one of the town's sites; the caller closes it. Redirects are not followed."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers={"host": host}, timeout=30, trust_env=False)

    def get(self, url: str, **headers: str) -> httpx.Response:
        """Fetches an address of the town, such as http://news.yuqing.test/. Underscores in header names mean hyphens."""
        wanted = httpx.URL(url)
        with self.client(wanted.host) as client:
            return client.get(wanted.raw_path.decode(), headers={name.replace("_", "-"): value for name, value in headers.items()})

    def truth(self, site: str = "") -> list[dict[str, object]]:
        """The truth of now, of one site or of all."""
        now = self.world.now()
        return [truth for truth in self.world.truth(now) if site in ("", truth["site"])]

    def control(self, **request: object) -> list[dict[str, object]]:
        """Publishes, edits, deletes or breaks; gives the truth of what was touched."""
        with self.client() as client:
            return client.post("/control", json=request).raise_for_status().json()["items"]


@contextmanager
def running_world(*, seed: int = 1, posts: int = 400, speed: float = 60.0, start: datetime | None = None) -> Generator[RunningWorld]:
    """A world in a thread of this process, with control and without crawl delay. A start in the past gives a story that has been told."""
    settings = replace(WorldSettings(seed=seed, posts=posts, speed=speed, start=start), control=True, crawl_delay_seconds=0)
    application = town(settings)
    serving = server(application)
    with listening(0) as listener:
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]}, name="world", daemon=True)
        thread.start()
        try:
            yield RunningWorld(listener.getsockname()[1], application)
        finally:
            serving.should_exit = True
            thread.join(_STOPPED_WITHIN_SECONDS)
