"""The crawler's commands for `yuqing`: reads pages by hand, without any server."""

import json
import sys
from datetime import UTC, datetime

import click

from yuqing_crawler.domain.charset import decode
from yuqing_crawler.domain.extraction.article import Article, extract_article


@click.command()
@click.option("--url", default="", help="网页的网址：用于补全相对地址 (the page's address, for relative ones on it)")
def extract(url: str) -> None:
    """从标准输入读取网页，输出标题、作者、时间、正文等 (reads a page, writes what is on it as one JSON object)."""
    page = decode(sys.stdin.buffer.read())
    article = extract_article(page.text, url, datetime.now(UTC))
    click.echo(json.dumps({**as_record(article), "charset": page.charset}, ensure_ascii=False))


def as_record(article: Article) -> dict[str, object]:
    """An article for JSON. `publish_time` is RFC 3339, or a day where no hour is known; `author` falls back to the outlet, then the editor."""
    counts = article.counts
    return {
        "outcome": article.outcome.value,
        "title": article.title,
        "author": article.author or article.outlet or article.editor,
        "outlet": article.outlet,
        "editor": article.editor,
        "publish_time": article.published.stated() if article.published else "",
        "publish_precision": article.published.precision.value if article.published else "",
        "text": article.text,
        "language": article.language,
        "region": article.region,
        "canonical_url": article.canonical_url,
        "images": [image.url for image in article.images],
        "counts": {
            name: value
            for name, value in (("likes", counts.likes), ("comments", counts.comments), ("reposts", counts.reposts), ("views", counts.views))
            if value is not None
        },
        "comments": [
            {"author": comment.author, "text": comment.text, "publish_time": comment.published.stated() if comment.published else ""}
            for comment in article.comments
        ],
    }
