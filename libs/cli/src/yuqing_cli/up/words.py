"""Says things to the person at the terminal; a terminal that went away must not stop the run."""

from collections.abc import Callable
from contextlib import suppress

import click

Say = Callable[[str], None]


def say(line: str) -> None:
    """Prints one line."""
    with suppress(OSError):
        click.echo(line)
