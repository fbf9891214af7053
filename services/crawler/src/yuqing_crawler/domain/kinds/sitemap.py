"""Reads sitemaps, plain, news and index, also gzipped ones, within limits."""

import zlib
from dataclasses import dataclass

from lxml import etree

LARGEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """An address of a sitemap, with what a news sitemap says of it."""

    url: str
    modified: str = ""
    title: str = ""
    published: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Pages and further sitemaps."""

    pages: tuple[SitemapEntry, ...] = ()
    sitemaps: tuple[SitemapEntry, ...] = ()


def read_sitemap(body: bytes) -> Sitemap | None:
    """The sitemap in a body, or None where it is none. Entities are not resolved, nothing is fetched."""
    unpacked = _unpacked(body)
    if b"<urlset" not in unpacked[:4096] and b"<sitemapindex" not in unpacked[:4096]:
        return None
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(unpacked, parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    if root is None:  # pyright: ignore[reportUnnecessaryComparison] -- a recovering parser gives None for nothing but noise
        return None
    entries: list[SitemapEntry] = []
    for node in root.iterchildren("{*}url", "{*}sitemap"):
        values = {etree.QName(child).localname: (child.text or "").strip() for child in node.iter("{*}*")}
        url = values.get("loc", "")
        if url:
            published = values.get("publication_date", "")
            entries.append(SitemapEntry(url, values.get("lastmod", ""), values.get("title", ""), published))
    return Sitemap(sitemaps=tuple(entries)) if etree.QName(root).localname == "sitemapindex" else Sitemap(pages=tuple(entries))


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, LARGEST_BYTES)
    except zlib.error:
        return b""
