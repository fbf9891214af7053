"""Answers requests: pages from templates, JSON, and conditional answers by ETag and Last-Modified."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from math import ceil

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from yuqing_world.sites import times

_TAGS = re.compile(r"#[^#\s<>&]{2,20}(?: [^#<>&]{1,10})?#|@[\w-]{2,20}")


def _paragraphs(text: str) -> Markup:
    """The text as paragraphs."""
    return Markup("\n").join(Markup("<p>{}</p>").format(line) for line in text.split("\n") if line)


def _lines(text: str) -> Markup:
    """The text with line breaks, as forums write it."""
    return Markup("<br>\n").join(text.split("\n"))


def _tagged(text: str) -> Markup:
    """The text with its hashtags and names marked, as microblogs show it."""
    marked = _TAGS.sub(lambda match: Markup('<span class="tag">{}</span>').format(match[0]), str(escape(text)))
    return Markup("<br>\n").join(Markup(line) for line in marked.split("\n"))


def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("yuqing_world"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(paragraphs=_paragraphs, lines=_lines, tagged=_tagged)
    environment.globals.update(times=times)  # pyright: ignore[reportArgumentType, reportCallIssue] (a module is a fine global)
    return environment


_TEMPLATES = _environment()


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list. Pages count from 1."""

    page: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        """How many there are; at least 1."""
        return max(ceil(self.total / self.per_page), 1)

    @property
    def skip(self) -> int:
        """How many entries lie before this page."""
        return (self.page - 1) * self.per_page

    @property
    def near(self) -> range:
        """Page numbers to show around this one."""
        return range(max(self.page - 3, 1), min(self.page + 3, self.pages) + 1)


def page_of(request: Request, name: str = "page") -> int:
    """The page that a request asks for: 1 where it names none or nonsense."""
    return number_of(request, name, 1, most=1_000_000)


def number_of(request: Request, name: str, default: int, *, most: int) -> int:
    """A number from the query, at least 1 and at the most `most`."""
    asked = request.query_params.get(name, "")
    return min(max(int(asked), 1), most) if asked.isdecimal() and len(asked) < 10 else default


def render(template: str, **values: object) -> str:
    """A page as text."""
    return _TEMPLATES.get_template(template).render(**values)


def html(text: str, *, status: int = 200, charset: str = "utf-8", headers: Mapping[str, str] | None = None) -> Response:
    """A page. In another charset, characters that it lacks become references."""
    body = text.encode(charset, "xmlcharrefreplace")
    return Response(body, status, {**(headers or {}), "content-type": f"text/html; charset={charset}"})


def not_found(site: str, message: str = "您访问的页面不存在或已被删除") -> Response:
    """A site's page for what is not there."""
    return html(render("gone.html", site=site, message=message), status=404)


def conditional(request: Request, response: Response, changed_at: datetime | None = None) -> Response:
    """The response with ETag and Last-Modified, or 304 where the reader has it already. An ETag goes before a date (RFC 9110, 13.2.2)."""
    etag = f'"{blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    headers = {"etag": etag}
    if changed_at is not None:
        headers["last-modified"] = format_datetime(changed_at.replace(microsecond=0), usegmt=True)
    known = request.headers.get("if-none-match")
    if known is not None:
        unchanged = known.strip() == "*" or etag in (each.strip().removeprefix("W/") for each in known.split(","))
    else:
        unchanged = changed_at is not None and _not_since(request.headers.get("if-modified-since"), changed_at)
    if unchanged:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def _not_since(header: str | None, changed_at: datetime) -> bool:
    if not header:
        return False
    try:
        return changed_at - parsedate_to_datetime(header) < timedelta(seconds=1)
    except (ValueError, TypeError):
        return False


def robots(*, disallow: tuple[str, ...] = (), crawl_delay_seconds: float = 0, sitemap: str = "") -> Response:
    """A robots.txt; delay and sitemap only where they are given."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in disallow)]
    if not disallow:
        lines.append("Disallow:")
    if crawl_delay_seconds:
        lines.append(f"Crawl-delay: {crawl_delay_seconds:g}")
    if sitemap:
        lines += ["", f"Sitemap: {sitemap}"]
    return Response("\n".join(lines) + "\n", media_type="text/plain")
