"""Reads the tables that are shipped beside this module."""

from collections.abc import Iterator
from importlib import resources


def rows_of_table(name: str) -> Iterator[tuple[str, ...]]:
    """The rows of a table, cut at tabs; lines that begin with # and empty ones are none."""
    for line in resources.files("yuqing_scoring.tables").joinpath(name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield tuple(line.split("\t"))
