"""The words of sources that people write in files: kinds, media and columns, in English and Chinese."""

from collections.abc import Mapping

MEDIA: Mapping[str, str] = {
    "news": "新闻",
    "forum": "论坛",
    "blog": "博客",
    "review": "评论",
    "microblog": "微博",
    "wechat": "微信公众号",
    "video": "视频",
    "other": "其他",
}
"""Every medium with its Chinese name."""

_MEDIUM_ALIASES = {
    "微信": "wechat",
    "公众号": "wechat",
    "评价": "review",
    "商品评价": "review",
    "短视频": "video",
    "新闻网站": "news",
    "网站": "news",
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "display_name": ("名称", "信源名称", "name"),
    "kind": ("采集方式", "类型"),
    "medium": ("媒体类型", "媒体"),
    "address": ("网址", "地址", "链接"),
    "legal_basis": ("合法性依据", "依据"),
    "owner": ("责任人",),
    "url": ("网址", "链接", "地址"),
    "site": ("站点", "网站", "平台"),
    "native_id": ("站内标识", "编号", "id"),
    "title": ("标题",),
    "text": ("正文", "内容"),
    "author": ("作者", "发布者", "账号"),
    "published_time": ("发布时间", "时间", "publish_time", "published_at"),
    "region": ("地区", "属地", "ip属地"),
}


def medium_named(word: str) -> str:
    """The medium that a word means; empty where it means none."""
    plain = word.strip().lower().removeprefix("medium_")
    by_name = {name: medium for medium, name in MEDIA.items()} | _MEDIUM_ALIASES
    return plain if plain in MEDIA else by_name.get(plain, "")


def column_named(heading: str, wanted: tuple[str, ...]) -> str:
    """Which of the wanted columns a heading means; empty where it means none."""
    plain = heading.strip().lstrip("\ufeff").lower().replace(" ", "_")
    if plain in wanted:
        return plain
    return next((name for name in wanted if plain in _COLUMNS.get(name, ())), "")
