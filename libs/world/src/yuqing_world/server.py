"""Serves the town: one ASGI application that looks at the Host header, and a server on the loopback interface."""

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from yuqing_world.control import Control, Fault
from yuqing_world.hosts import host_of
from yuqing_world.settings import WorldSettings
from yuqing_world.sites.feeds import FeedSite
from yuqing_world.sites.forum import ForumSite
from yuqing_world.sites.microblog import MicroblogSite
from yuqing_world.sites.news import NewsSite
from yuqing_world.sites.partner import PartnerSite
from yuqing_world.sites.shop import ShopSite
from yuqing_world.sites.town import TownSite
from yuqing_world.sites.trouble import TroubleSite
from yuqing_world.story import vocabulary
from yuqing_world.story.world import World


class Town:
    """The application. `control` is there also where its switch is off; then nothing ever changes it."""

    def __init__(self, world: World, settings: WorldSettings) -> None:
        self.world = world
        self.control = Control(world)
        switch = self.control if settings.control else None
        routes: dict[str, list[Route]] = {
            vocabulary.NEWS: NewsSite(world, settings.crawl_delay_seconds).routes(),
            vocabulary.FORUM: ForumSite(world).routes(),
            vocabulary.SHOP: ShopSite(world).routes(),
            vocabulary.MICROBLOG: MicroblogSite(world).routes(),
            vocabulary.FEED: FeedSite(world).routes(),
            vocabulary.PARTNER: PartnerSite(world).routes(),
            vocabulary.TROUBLE: TroubleSite().routes(),
            vocabulary.TOWN: TownSite(world, switch).routes(),
        }
        self._sites: dict[str, ASGIApp] = {host: Starlette(routes=each) for host, each in routes.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request from the site that its Host header names."""
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = host_of(headers.get(b"host", b"").decode("latin-1"))
        if host is None:
            await PlainTextResponse("no such site in this town\n", 404)(scope, receive, send)
            return
        fault = self.control.faults.get(host)
        if fault is not None and fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        answer = _failing(fault) if fault is not None and fault.status else self._sites[host]
        await answer(scope, receive, send)


def _failing(fault: Fault) -> PlainTextResponse:
    headers = {"retry-after": str(fault.retry_after_seconds)} if fault.retry_after_seconds else None
    return PlainTextResponse("out of order\n", fault.status, headers)


def town(settings: WorldSettings) -> Town:
    """The application over the world that the settings describe."""
    world = World(seed=settings.seed, posts=settings.posts, start=settings.start, speed=settings.speed)
    return Town(world, settings)


def listening(port: int) -> socket.socket:
    """A listening socket on the loopback interface; port 0 takes a free one. Who connects before the town is ready waits.

    Raises OSError where the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def server(application: Town) -> uvicorn.Server:
    """An HTTP server for the town; `run(sockets=[listening(port)])` serves until it is told to stop."""
    return uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2))


def serve(settings: WorldSettings) -> None:
    """Serves the town until a signal stops it. Raises OSError where the port is taken."""
    with listening(settings.port) as listener:
        server(town(settings)).run(sockets=[listener])
