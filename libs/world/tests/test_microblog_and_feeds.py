"""The microblog's interface and the feed bridge over HTTP."""

import re
from datetime import datetime
from xml.etree import ElementTree as ET

from yuqing_testkit.world import RunningWorld
from yuqing_world.sites.microblog import TOKEN
from yuqing_world.story.vocabulary import FEED_AUTHORS

API = "http://microblog.yuqing.test/api/v1"
FEED = "http://feed.yuqing.test"


def _there(world: RunningWorld) -> list[str]:
    return sorted(str(truth["native_id"]) for truth in world.truth("microblog.yuqing.test") if not truth["deleted_at"])


def test_the_timeline_gives_every_status_once_by_cursor(told: RunningWorld):
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = told.get(f"{API}/timeline?cursor={cursor}").json()
        assert len(page["statuses"]) == 20 or page["next_cursor"] is None
        found += [status["id"] for status in page["statuses"]]
        cursor = page["next_cursor"]
    assert sorted(found) == _there(told)


def test_a_cursor_is_not_moved_by_what_is_published_meanwhile(calm: RunningWorld):
    calm.control(publish={"count": 60, "text": "先发的{n}"})
    first = calm.get(f"{API}/timeline").json()
    calm.control(publish={"count": 30, "text": "后发的{n}"})
    second = calm.get(f"{API}/timeline?cursor={first['next_cursor']}").json()
    shown = [int(status["text"].removeprefix("先发的")) for status in first["statuses"] + second["statuses"]]
    assert shown == list(range(60, 20, -1))


def test_search_gives_every_match_once_by_page(told: RunningWorld):
    found: list[str] = []
    pages = page = 1
    while page <= pages:
        data = told.get(f"{API}/search?q=%E9%9C%81%E5%B7%9D&page={page}").json()["data"]
        assert all("霁川" in status["text"] for status in data["list"])
        found += [status["id"] for status in data["list"]]
        pages, page = data["pages"], page + 1
    assert len(found) == len(set(found)) == data["total"] > 100
    assert told.get(f"{API}/search").status_code == 400


def test_offsets_give_every_status_once(told: RunningWorld):
    found: list[str] = []
    while items := told.get(f"{API}/public?offset={len(found)}&limit=50").json()["items"]:
        found += [item["id"] for item in items]
    assert sorted(found) == _there(told)


def test_each_endpoint_writes_times_in_its_own_form(told: RunningWorld):
    timeline, public = told.get(f"{API}/timeline").json()["statuses"][0], told.get(f"{API}/public").json()["items"][0]
    moment = datetime.strptime(timeline["created_at"], "%a %b %d %H:%M:%S %z %Y")
    assert int(moment.timestamp()) == public["created_at"] // 1000
    found = told.get(f"{API}/search?q=%E9%9C%81%E5%B7%9D").json()["data"]["list"][0]
    assert datetime.fromisoformat(found["created_at"]).utcoffset() is not None


def test_a_repost_nests_what_it_passes_on_or_says_that_it_is_gone(told: RunningWorld):
    items = {item.native_id: item for item in told.world.items_at(told.world.now()) if item.site == "microblog.yuqing.test" and not item.deleted_at}
    reposts = [item for item in items.values() if item.repost_of]
    kept = next(item for item in reposts if item.repost_of in items)
    nested = told.get(f"{API}/statuses/{kept.native_id}").json()["retweeted_status"]
    assert nested["id"] == kept.repost_of
    assert nested["text"] == items[kept.repost_of].text_at(told.world.now())
    assert "retweeted_status" not in nested
    orphan = next(item for item in reposts if item.repost_of not in items)
    gone = told.get(f"{API}/statuses/{orphan.native_id}").json()["retweeted_status"]
    assert gone["deleted"] is True
    assert gone["user"] is None


def test_the_endpoint_behind_a_token_refuses_others(told: RunningWorld):
    assert told.get(f"{API}/hot").status_code == 401
    assert told.get(f"{API}/hot", X_Town_Token="wrong").status_code == 401
    hot = told.get(f"{API}/hot", X_Town_Token=TOKEN).json()["statuses"]
    assert [status["reposts_count"] for status in hot] == sorted((status["reposts_count"] for status in hot), reverse=True)


def test_a_deleted_status_is_404_as_data_and_as_page(calm: RunningWorld):
    status = calm.control(publish={"text": "马上删"})[0]
    assert calm.get(f"{API}/statuses/{status['native_id']}").json()["text"] == "马上删"
    assert "马上删" in calm.get(str(status["url"])).text
    calm.control(delete={"key": status["key"]})
    assert calm.get(f"{API}/statuses/{status['native_id']}").status_code == 404
    assert calm.get(str(status["url"])).status_code == 404
    assert calm.get(f"{API}/statuses/nonsense").status_code == 404


def test_every_column_speaks_all_three_feed_formats(told: RunningWorld):
    for key in FEED_AUTHORS:
        rss = ET.fromstring(told.get(f"{FEED}/rss/{key}.xml").content)
        atom = ET.fromstring(told.get(f"{FEED}/atom/{key}.xml").content)
        json = told.get(f"{FEED}/json/{key}.json").json()
        ids = [item["id"] for item in json["items"]]
        assert [guid.text for guid in rss.iter("guid")] == ids
        assert [entry.findtext("{*}id") for entry in atom.iter("{http://www.w3.org/2005/Atom}entry")] == ids
        assert ids


def test_a_feed_entry_holds_the_whole_text_and_leads_to_its_page(told: RunningWorld):
    entry = told.get(f"{FEED}/json/jichuan.json").json()["items"][0]
    assert "怎样监督" in entry["content_text"]
    rss = ET.fromstring(told.get(f"{FEED}/rss/jichuan.xml").content)
    encoded = rss.findtext(".//{http://purl.org/rss/1.0/modules/content/}encoded") or ""
    assert "".join(re.findall(r"<p>(.*?)</p>", encoded)) == entry["content_text"].replace("\n", "")
    assert entry["title"] in told.get(entry["url"]).text


def test_an_unchanged_feed_is_answered_without_a_body(told: RunningWorld):
    for path in ("rss/laotao.xml", "atom/laotao.xml", "json/laotao.json"):
        first = told.get(f"{FEED}/{path}")
        assert told.get(f"{FEED}/{path}", If_None_Match=first.headers["etag"]).status_code == 304
        assert told.get(f"{FEED}/{path}", If_Modified_Since=first.headers["last-modified"]).status_code == 304


def test_the_opml_names_every_column(told: RunningWorld):
    outlines = ET.fromstring(told.get(f"{FEED}/opml").content).findall(".//outline[@xmlUrl]")
    assert [outline.get("text") for outline in outlines] == list(FEED_AUTHORS.values())
