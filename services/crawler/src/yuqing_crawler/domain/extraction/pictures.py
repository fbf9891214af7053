"""Lists the pictures of an article by their addresses; what is written in them is not read."""

from urllib.parse import urljoin

from lxml.html import HtmlElement

from yuqing_crawler.domain.document import Image

_ATTRIBUTES = ("data-original", "data-src", "data-lazy-src", "data-actualsrc", "data-url", "src")
_SMALLEST_PIXELS = 80
_MOST = 200
_DECORATIONS = ("/logo", "icon", "qrcode", "avatar", "spacer", "blank.", "loading", "pixel")


def find_images(element: HtmlElement, address: str) -> tuple[Image, ...]:
    """The pictures below an element, each once, without icons, spacers and what is named as decoration."""
    found: dict[str, Image] = {}
    for picture in element.iter("img"):
        url = _address(picture, address)
        if url and not _is_small(picture) and not any(word in url.lower() for word in _DECORATIONS):
            found.setdefault(url, Image(url))
    return tuple(found.values())[:_MOST]


def _address(picture: HtmlElement, base: str) -> str:
    for name in _ATTRIBUTES:
        value = (picture.get(name) or "").strip()
        if value and not value.startswith("data:"):
            try:
                joined = urljoin(base, value)
            except ValueError:
                continue
            return joined if joined.startswith(("http://", "https://")) or not base else ""
    return ""


def _is_small(picture: HtmlElement) -> bool:
    sizes = ((picture.get(name) or "").removesuffix("px") for name in ("width", "height"))
    return any(size.isdigit() and int(size) < _SMALLEST_PIXELS for size in sizes)
