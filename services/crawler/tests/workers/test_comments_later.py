"""Comments go on when their article is old: a second look keeps those that came since."""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.engine import run
from yuqing_crawler.engine.jobs import job_of
from yuqing_crawler.engine.run import Limits
from yuqing_crawler.engine.secrets import Secrets
from yuqing_crawler.store import sources
from yuqing_crawler.store.tables import revisit
from yuqing_crawler.store.tables import spool as spool_table
from yuqing_crawler.workers.revisits import Revisits
from yuqing_testkit.site import Page

TEXT = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8


def page(*comments):
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": "新闻",
        "comment": [{"@type": "Comment", "@id": f"#c{number}", "text": text, "author": {"name": "网友"}} for number, text in enumerate(comments)],
    }
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return Page(f"<html><head><title>新闻</title>{script}</head><body><article><h1>新闻</h1><p>{TEXT}</p></article></body></html>")


async def texts(database):
    async with database.read() as connection:
        rows = (await connection.execute(select(spool_table.c.document).order_by(spool_table.c.sequence))).scalars()
        return [document_pb2.Document.FromString(row).text for row in rows]


async def test_a_comment_is_kept_once_when_it_came_after_the_first_fetch(bench, settings, site, make_source):
    site.pages["/"] = Page("<html><body><ul class='list'><li><a href='/a/1.html'>霁川电器发布第1份公告</a></li></ul></body></html>")
    site.pages["/a/1.html"] = page("第一条评论")
    source = make_source(kind="list", address="http://news.test/", parameters={"links": "ul.list a"})
    async with bench.database.write() as connection:
        await sources.create(connection, source, host="news.test")
    await run.run(bench, job_of(source, lambda _source: Secrets(), zone="Asia/Shanghai"), (), Limits(10, 2))
    site.pages["/a/1.html"] = page("第一条评论", "后来的评论")
    for _ in range(2):
        async with bench.database.write() as connection:
            await connection.execute(update(revisit).values(due_at=datetime.now(UTC) - timedelta(minutes=1)))
        await Revisits(bench, lambda _source: Secrets(), settings, "me").run_due()
    assert sorted(await texts(bench.database)) == sorted([TEXT, "第一条评论", "后来的评论"])
