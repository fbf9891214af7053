"""Puts Twisted's asyncio reactor on the event loop that already runs, so that Scrapy and grpc.aio share it.

The reactor is made here and never by Scrapy: `Crawler` would otherwise install one on another loop, and with its own signal handlers it would
take SIGTERM away from the service. Import nothing before `install` that imports `twisted.internet.reactor`: that alone installs a default one.
"""

import asyncio
import sys

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.main import installReactor  # pyright: ignore[reportUnknownVariableType] # it carries no types

_MODULE = "twisted.internet.reactor"


class WrongReactor(RuntimeError):
    """Another reactor is installed already, or one on another event loop."""


def install() -> AsyncioSelectorReactor:
    """The reactor on the running loop, started without signal handlers; the same one when called again. Errors: WrongReactor."""
    loop = asyncio.get_running_loop()
    if _MODULE in sys.modules:
        present: object = sys.modules[_MODULE]
        if isinstance(present, AsyncioSelectorReactor) and present._asyncioEventloop is loop:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] # it has no other way to ask
            return present
        raise WrongReactor("a Twisted reactor is installed already, and not on this event loop")
    reactor = AsyncioSelectorReactor(loop)
    installReactor(reactor)
    reactor.startRunning(installSignalHandlers=False)
    return reactor
