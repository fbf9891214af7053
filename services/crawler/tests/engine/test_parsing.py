"""The parser's process: what it gives, and what becomes of it when a page is bad or a process dies."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime

import psutil
import pytest

from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, SourceView
from yuqing_crawler.domain.kinds.registry import parameters_from_mapping
from yuqing_crawler.engine.aside import AsideEnded, CallTimeout
from yuqing_crawler.engine.offers import PageOf
from yuqing_crawler.engine.parsing import Parsers
from yuqing_testkit.site import feed

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8
PAGE = Fetched("http://news.test/feed", 200, {}, feed(("a", LONG)).encode(), datetime.now(UTC))
VIEW = SourceView("http://news.test/feed", parameters_from_mapping("feed", {"content": "entry"}))


@pytest.fixture
def parsers():
    made = Parsers(1)
    yield made
    made.close()


async def harvest(parsers: Parsers):
    return await parsers.harvest(PageOf("s1", "feed", 1), PAGE, Follow(PAGE.url, START), VIEW)


async def test_a_process_reads_the_same_as_a_thread_when_given_a_page(parsers: Parsers) -> None:
    thread = Parsers(0)
    one, other = await harvest(parsers), await harvest(thread)
    thread.close()
    assert one == other
    assert len(one.offers) == 1


async def test_a_page_ends_when_it_takes_too_long() -> None:
    parsers = Parsers(1, page_seconds=1.0)
    with pytest.raises(CallTimeout):
        await parsers._aside(re.match, r"(a+)+$", "a" * 60 + "b")
    assert len((await harvest(parsers)).offers) == 1
    parsers.close()


async def test_another_process_is_started_when_one_dies(parsers: Parsers) -> None:
    await harvest(parsers)
    (child,) = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
    child.kill()
    with pytest.raises(AsideEnded):
        for _ in range(50):
            await harvest(parsers)
    assert len((await harvest(parsers)).offers) == 1


async def test_the_parser_ends_when_its_service_is_killed() -> None:
    program = """
        import asyncio, psutil
        from yuqing_crawler.engine.parsing import Parsers
        if __name__ == "__main__":
            parsers = Parsers(1)
            asyncio.run(parsers._aside(len, ()))
            print(*[each.pid for each in psutil.Process().children()], flush=True)
            input()
    """
    service = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert service.stdout is not None
    children = [psutil.Process(int(pid)) for pid in (await asyncio.to_thread(service.stdout.readline)).split()]
    os.kill(service.pid, signal.SIGKILL)
    await asyncio.to_thread(service.communicate)
    gone, alive = await asyncio.to_thread(psutil.wait_procs, children, 20)
    assert children
    assert not alive, [each.cmdline() for each in alive]
    assert len(gone) == len(children)
