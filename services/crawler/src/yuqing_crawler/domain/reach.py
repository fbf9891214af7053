"""Whether indexing answers, as the shipper last saw it and people ask about it."""

from dataclasses import dataclass


@dataclass
class Reach:
    """Whether documents are taken, and why not."""

    shipping: bool = False
    detail: str = "indexing has not been tried yet"
