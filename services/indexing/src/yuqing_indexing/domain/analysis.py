"""What is written beside a mention so that it can be found: tokens of the normal form, and words for the top terms."""

from dataclasses import dataclass

from yuqing_indexing.domain.document import Document, Mention
from yuqing_text import fingerprint
from yuqing_text.normal import normalize
from yuqing_text.tokens import token_text
from yuqing_text.words import words


@dataclass(frozen=True, slots=True)
class Analysis:
    """`title_tokens` and `body_tokens` are separated by spaces; `words` are the distinct words of title and text; the rest are normal forms."""

    title_tokens: str
    body_tokens: str
    words: list[str]
    site: str
    author: str
    region: str
    language: str


def content_hash(document: Document) -> str:
    """SHA-256 over the tokens of title and text, in hexadecimal digits."""
    return fingerprint.content_hash(document.title, document.text)


def analyse(mention: Mention) -> Analysis:
    """What can be searched of a mention."""
    document = mention.document
    return Analysis(
        token_text(document.title),
        token_text(document.text),
        words(f"{document.title}\n{document.text}"),
        normalize(document.site),
        normalize(document.author.display_name) if document.author else "",
        normalize(document.region),
        normalize(mention.language),
    )
