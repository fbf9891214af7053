"""Looks at a source without keeping anything: what a run would find, and why it would drop the rest."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from yuqing_crawler.domain.document import Document, Dropped, DropReason
from yuqing_crawler.domain.guard import Opening
from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Parsed
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.engine.downloads import Answer, Ask, Downloads
from yuqing_crawler.engine.reading import Job, Reader, Reading, Unparsed

_NOTES: Mapping[Outcome, str] = {
    Outcome.ROBOTS: "robots.txt 不允许采集该网页",
    Outcome.GUARD: "该地址不在公共互联网上，不予采集",
    Outcome.LOGIN: "网站要求登录或拒绝访问",
    Outcome.RATE_LIMITED: "网站要求稍后再试（429/503）",
    Outcome.HELD: "网站要求暂缓访问，尚未到期",
    Outcome.TOO_LARGE: "网页超过大小上限",
    Outcome.TIMEOUT: "网站响应超时",
    Outcome.DNS: "域名无法解析",
    Outcome.CONNECTION: "无法连接网站",
    Outcome.TLS: "网站证书无效或加密连接失败",
    Outcome.REDIRECTS: "重定向过多或无效",
    Outcome.PARSE_ERROR: "网页无法解析",
}
_SCRIPTS = "网页需要运行脚本才能显示内容，目前无法采集"


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page that was fetched to look at it."""

    url: str
    outcome: str
    status: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class Look:
    """What was seen. Each document stands with the page that it was read from."""

    documents: list[tuple[Document, Fetched]] = field(default_factory=list[tuple[Document, Fetched]])
    dropped: list[Dropped] = field(default_factory=list[Dropped])
    pages: list[SeenPage] = field(default_factory=list[SeenPage])
    notes: list[str] = field(default_factory=list[str])

    def note(self, text: str) -> None:
        """Says it once."""
        if text and text not in self.notes:
            self.notes.append(text)


class Looking:
    """Fetches for people who set up a source, past the same guard, robots.txt and pace as runs do."""

    def __init__(self, downloads: Downloads, reader: Reader) -> None:
        self._downloads = downloads
        self._reader = reader

    @property
    def openings(self) -> Mapping[str, Opening]:
        """The names that lead past the guard."""
        return self._downloads.openings

    async def fetch(self, url: str) -> Answer:
        """One page as it is."""
        return await self._downloads.fetch(Ask(url))

    async def preview(self, job: Job, *, pages: int) -> Look:
        """Reads the source's first pages and some of those that they lead to."""
        look = Look()
        order = count()
        queue = [(0, next(order), follow) for follow in job.kind.start(job.view)]
        while queue and len(look.pages) < pages:
            _, _, follow = heapq.heappop(queue)
            reading = await self._reader.read(job, follow)
            parsed: Parsed | Unparsed = Parsed()
            if reading.fetched is not None and reading.outcome is None:
                parsed = await self._reader.parse(job, follow, reading.fetched)
            if isinstance(parsed, Unparsed):
                reading, parsed = Reading(parsed.outcome, reading.fetched, detail=parsed.detail), Parsed()
            _add(look, follow, reading, parsed)
            for further in parsed.follow:
                heapq.heappush(queue, (-further.priority, next(order), further))
        if queue:
            look.note(f"还有 {len(queue)} 个网页未在预览中打开")
        return look


def _add(look: Look, follow: Follow, reading: Reading, parsed: Parsed) -> None:
    fetched = reading.fetched
    outcome = reading.outcome.value if reading.outcome else "ok"
    if fetched is None:
        look.pages.append(SeenPage(follow.url, outcome))
    else:
        look.pages.append(SeenPage(fetched.url, outcome, fetched.status, len(fetched.body)))
        look.documents.extend((document, fetched) for document in parsed.documents)
    look.dropped.extend(parsed.dropped)
    for text in parsed.notes:
        look.note(text)
    if any(dropped.reason is DropReason.NEEDS_SCRIPTS for dropped in parsed.dropped):
        look.note(_SCRIPTS)
    if reading.outcome is not None:
        look.note(f"{follow.url}：{reason_of(reading.outcome, reading.detail)}")


def reason_of(outcome: Outcome | None, detail: str) -> str:
    """Why a page was not read, for people."""
    text = _NOTES.get(outcome, "网页无法采集") if outcome else "网页无法采集"
    return f"{text}（{detail}）" if detail else text
