"""Tables of the client, with what the public writes in them."""

import io
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from yuqing_cli.client.tables import show_hits, show_sources


def drawn(show: Any, value: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    show(console, value)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def hit(**document: Any) -> dict[str, Any]:
    whole = {"medium": "MEDIUM_FORUM", "site": "bbs", "title": "", "text": "", "author": {"displayName": "张三"}} | document
    return {"mention": {"document": whole, "firstSeenTime": "2026-03-01T08:00:00Z"}, "highlights": []}


def aligned(lines: list[str]) -> bool:
    return len({cell_len(line) for line in lines if line[:1] in "┏┡│├└┃"}) == 1


def test_square_brackets_are_shown_as_they_are_when_the_public_writes_them() -> None:
    lines = drawn(show_hits, {"totalSize": "1", "hits": [hit(text="[/red]差评[bold]", site="[red]", author={"displayName": "[/]"})]})
    assert {"[/red]差评[bold]", "[red]", "[/]"} <= set(" ".join(lines).replace("│", " ").split())
    health = {"state": "HEALTH_STATE_FAILING", "detail": "[/x]"}
    lines = drawn(show_sources, [{"displayName": "[b]", "name": "sources/1", "kind": "feed", "medium": "MEDIUM_NEWS", "health": health}])
    assert {"[b]", "[/x]"} <= set(" ".join(lines).replace("│", " ").split())


def test_columns_stay_in_line_when_characters_are_wide() -> None:
    texts = ["ASCII only", "全是汉字，还有全角标点。", "混合 mixed ①②③ 表情😀", "한국어와 日本語", "很长" * 100]
    assert aligned(drawn(show_hits, {"totalSize": "5", "hits": [hit(text=text, author={"displayName": text[:6]}) for text in texts]}))


def test_intent_and_risk_are_shown_when_they_are_known() -> None:
    known = hit(text="退钱")
    known["mention"] |= {
        "sentiment": "SENTIMENT_NEGATIVE",
        "labels": {"intents": [{"intent": "INTENT_COMPLAINT"}, {"intent": "INTENT_QUESTION"}]},
        "risk": {"score": 63.26, "version": "1"},
    }
    cells = " ".join(drawn(show_hits, {"totalSize": "2", "hits": [known, hit(text="路过")]})).replace("│", " ").split()
    assert {"负面", "投诉", "63"} <= set(cells)
    assert "咨询" not in cells


def test_the_matched_words_are_shown_where_there_are_some() -> None:
    found = hit(text="x") | {"highlights": [{"field": "text", "fragment": "…这家火锅\n真好吃…", "spans": [{"start": 3, "end": 5}]}]}
    assert "火锅 真好吃" in " ".join(drawn(show_hits, {"totalSize": "1", "hits": [found]}))
