"""Tables for people. What comes from outside goes in as Text: in a plain string, square brackets would be the table's own markup."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

MEDIA = {
    "MEDIUM_NEWS": "新闻",
    "MEDIUM_FORUM": "论坛",
    "MEDIUM_BLOG": "博客",
    "MEDIUM_REVIEW": "评论",
    "MEDIUM_MICROBLOG": "微博",
    "MEDIUM_WECHAT": "微信",
    "MEDIUM_VIDEO": "视频",
    "MEDIUM_OTHER": "其他",
}
SENTIMENTS = {
    "SENTIMENT_NEGATIVE": Text("负面", "red"),
    "SENTIMENT_NEUTRAL": Text("中性", "dim"),
    "SENTIMENT_POSITIVE": Text("正面", "green"),
}
INTENTS = {
    "INTENT_OPINION": "意见",
    "INTENT_SUGGESTION": "建议",
    "INTENT_COMPLAINT": "投诉",
    "INTENT_TIP_OFF": "举报",
    "INTENT_PRAISE": "表扬",
    "INTENT_QUESTION": "咨询",
    "INTENT_NEWS_REPORT": "报道",
    "INTENT_ADVERTISEMENT": "广告",
}
STATES = {
    "HEALTH_STATE_NEW": Text("待采集", "dim"),
    "HEALTH_STATE_HEALTHY": Text("正常", "green"),
    "HEALTH_STATE_FAILING": Text("失败", "red"),
    "HEALTH_STATE_SILENT": Text("安静", "yellow"),
    "HEALTH_STATE_REFUSED": Text("被拒", "red"),
    "HEALTH_STATE_BLOCKED": Text("缺依据", "yellow"),
    "HEALTH_STATE_PAUSED": Text("暂停", "dim"),
}
_FRAGMENT_CHARACTERS = 80
_HIGH_RISK = 60


def local_time(value: str | None) -> str:
    """A time of the wire in this machine's zone, to the minute; empty for none."""
    return datetime.fromisoformat(value).astimezone().strftime("%m-%d %H:%M") if value else ""


def show_hits(console: Console, reply: Mapping[str, Any]) -> None:
    """The mentions found, with the matched words marked."""
    table = Table("时间", "情感", "意图", "风险", "媒体", "站点", "作者", "内容", title=f"共 {int(reply['totalSize']):,} 条", title_justify="left")
    for hit in reply["hits"]:
        mention, document = hit["mention"], hit["mention"]["document"]
        table.add_row(
            local_time(document.get("publishedTime") or mention.get("firstSeenTime")),
            SENTIMENTS.get(mention.get("sentiment", ""), Text("?")),
            _intent(mention),
            _risk(mention),
            MEDIA.get(document["medium"], ""),
            Text(document["site"]),
            Text(document.get("author", {}).get("displayName", "")),
            _content(hit),
        )
    console.print(table)


def _intent(mention: Mapping[str, Any]) -> str:
    """The most probable one; empty where the text shows none."""
    intents: Sequence[Mapping[str, Any]] = mention.get("labels", {}).get("intents", ())
    return INTENTS.get(intents[0]["intent"], "") if intents else ""


def _risk(mention: Mapping[str, Any]) -> Text:
    """From 0 to 100; empty where it was not computed yet."""
    if "risk" not in mention:
        return Text("")
    score: float = mention["risk"]["score"]
    return Text(f"{score:.0f}", "bold red" if score >= _HIGH_RISK else "")


def _content(hit: Mapping[str, Any]) -> Text:
    document = hit["mention"]["document"]
    marked = Text(overflow="fold")
    highlights: Sequence[Mapping[str, Any]] = hit["highlights"][:2]
    for highlight in highlights:
        piece = Text(highlight["fragment"].replace("\n", " "))
        for span in highlight["spans"]:
            piece.stylize("bold yellow", span.get("start", 0), span["end"])
        marked.append_text(piece).append(" ")
    return marked if highlights else Text((document["title"] or document["text"])[:_FRAGMENT_CHARACTERS].replace("\n", " "))


def show_sources(console: Console, sources: Sequence[Mapping[str, Any]]) -> None:
    """The sources with their health."""
    table = Table("信源", "采集方式", "媒体", "状态", "最近成功", "下次", "24小时条数", "说明")
    for source in sources:
        health = source.get("health", {})
        table.add_row(
            Text(source["displayName"]).append(f"\n{source['name']}", "dim"),
            source["kind"],
            MEDIA.get(source["medium"], ""),
            STATES.get(health.get("state", ""), Text("?")),
            local_time(health.get("lastSuccessTime")),
            local_time(health.get("nextRunTime")),
            str(health.get("itemsLastDay", "0")),
            Text(health.get("detail", "")),
        )
    console.print(table)


def show_holds(console: Console, holds: Sequence[Mapping[str, Any]]) -> None:
    """Legal holds with what they cover."""
    table = Table("保全", "时间", "保全人", "条数", "检索式", "事由", "解除")
    for hold in holds:
        released = f"{local_time(hold['releaseTime'])} {hold['releaseReason']}" if hold.get("releaseTime") else ""
        table.add_row(
            hold["name"],
            local_time(hold["createTime"]),
            hold["author"],
            hold["mentionSize"],
            Text(hold["query"]),
            Text(hold["reason"]),
            Text(released),
        )
    console.print(table)
