"""Compares what the system holds with what the world said: each text once, and nothing else."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

Answer = TypeVar("Answer")
Record = dict[str, Any]
"""A text of the world's truth, or a mention, as JSON."""
_PAGE = 1000
_POLL_SECONDS = 0.5
_LISTED = 5


@dataclass(frozen=True)
class Agreement:
    """Mentions beside the truth. `found` leads from a text's key to its mention."""

    found: Mapping[str, Record]
    missing: Sequence[str]
    """Texts that are still on their pages and that no mention tells of."""
    doubled: Sequence[str]
    """Texts with more than one mention."""
    strangers: Sequence[str]
    """Mentions of the world's sites that are none of its texts."""

    @property
    def is_whole(self) -> bool:
        """Whether every text that can be read is one mention, and every mention a text."""
        return not (self.missing or self.doubled or self.strangers)

    def __str__(self) -> str:
        parts = {"missing": self.missing, "doubled": self.doubled, "strangers": self.strangers}
        told = "; ".join(f"{len(keys)} {name}, such as {list(keys[:_LISTED])}" for name, keys in parts.items() if keys)
        return f"{len(self.found)} found; {told or 'all agrees'}"


def agreement(truth: Iterable[Record], mentions: Iterable[Record]) -> Agreement:
    """Finds each text by its native id, articles and essays also by their address: their pages name no id."""
    mentions = list(mentions)
    by_name: defaultdict[tuple[str, str], dict[str, Record]] = defaultdict(dict)
    for mention in mentions:
        document = mention["document"]
        by_name[document["site"], document.get("nativeId", "")][mention["name"]] = mention
        for address in (document.get("url", ""), document.get("canonicalUrl", "")):
            by_name["", address][mention["name"]] = mention
    found: dict[str, Record] = {}
    missing: list[str] = []
    doubled: list[str] = []
    used: set[str] = set()
    sites: set[str] = set()
    for text in truth:
        sites.add(text["site"])
        these = {**by_name[text["site"], text["native_id"]], **(by_name["", text["url"]] if text["kind"] == "news" else {})}
        used |= these.keys()
        if these:
            found[text["key"]] = next(iter(these.values()))
        elif not text["deleted_at"]:
            missing.append(text["key"])
        if len(these) > 1:
            doubled.append(text["key"])
    strangers = [m["document"].get("url", "") for m in mentions if m["name"] not in used and m["document"]["site"] in sites]
    return Agreement(found, missing, doubled, strangers)


def every_mention(client: httpx.Client, query: str = "") -> list[Record]:
    """All mentions that a query finds, page by page through the gateway."""
    found: list[Record] = []
    token = ""
    while True:
        body = {"query": query, "pageSize": _PAGE, "order": "SEARCH_ORDER_OLDEST", "pageToken": token}
        reply = ok(client.post("/v1/mentions:search", json=body))
        found.extend(hit["mention"] for hit in reply.get("hits", []))
        token = reply.get("nextPageToken", "")
        if not token:
            return found


def ok(reply: httpx.Response) -> Any:
    """The JSON of a reply that went well; AssertionError with what the gateway said otherwise."""
    assert reply.is_success, f"{reply.request.method} {reply.request.url}: {reply.status_code} {reply.text[:1000]}"
    return reply.json() if reply.content else None


def eventually(ask: Callable[[], Answer | None], *, seconds: float = 60, why: Callable[[], object] = lambda: "") -> Answer:
    """The first answer that is true; AssertionError with `why` when none comes in time. An answer that fails meanwhile counts as none."""
    deadline = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            answer = ask()
        except (httpx.HTTPError, AssertionError) as error:
            answer, last = None, error
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing within {seconds:.0f} s: {why()} {last or ''}")
        time.sleep(_POLL_SECONDS)
