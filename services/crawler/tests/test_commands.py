"""`yuqing extract` reads a page from standard input and writes one JSON object."""

import json

from click.testing import CliRunner

from yuqing_crawler.commands import extract

PAGE = (
    '<html><head><meta charset="gbk"><title>召回公告_青岚新闻网</title></head><body><h1>云杉电器召回公告</h1>'
    "<p>2024年3月1日 下午3:05 来源：青岚日报</p>"
    "<div><p>青岚市质量监督部门今天通报，云杉电器一款电水壶在抽检中出现手柄松动，企业已经主动召回全部同批产品。</p>"
    "<p>记者在商场看到，柜台已经贴出告示，顾客可以凭小票退款，也可以换购其他型号，现场秩序良好。</p></div></body></html>"
)


def test_article_is_written_when_page_is_in_another_charset() -> None:
    result = CliRunner().invoke(extract, ["--url", "https://x.test/a"], input=PAGE.encode("gbk"))
    record = json.loads(result.output)
    assert result.exit_code == 0
    assert (record["outcome"], record["author"], record["charset"]) == ("article", "青岚日报", "gb18030")
    assert (record["publish_time"], record["publish_precision"]) == ("2024-03-01T15:05:00+08:00", "minute")
    assert record["text"].startswith("青岚市质量监督部门")


def test_outcome_is_written_when_there_is_no_page() -> None:
    result = CliRunner().invoke(extract, [], input=b"")
    assert (result.exit_code, json.loads(result.output)["outcome"]) == (0, "empty")
