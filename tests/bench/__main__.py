"""`python -m tests.bench [name…] [--quick]`: measures, and prints a line for each row of the table; exit status 1 where a bound is missed."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench import (
    crawl,
    extract,
    faults,
    ingest,
    labels,
    latency,
    meaning,
    memory,
    ready,
    related,
    relevance,
    search,
    second_stage,
    stories,
    topics,
)
from tests.bench.figures import Row, say

_MODULES = (ready, ingest, crawl, extract, latency, search, relevance, meaning, second_stage, stories, related, topics, labels, memory, faults)
ROWS: Mapping[str, Callable[..., list[Row]]] = {module.__name__.rpartition(".")[2]: module.measure for module in _MODULES}


def main() -> int:
    """Runs what was asked for, all where nothing was."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ROWS, []], metavar="name", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="small sizes, for development: the figures say little")
    options = parser.parse_args()
    met = True
    for name in options.names or ROWS:
        say(f"{name}: {sys.modules[ROWS[name].__module__].__doc__}")
        with tempfile.TemporaryDirectory(prefix=f"yuqing-bench-{name}-") as folder:
            for row in ROWS[name](Path(folder) / "var", quick=options.quick):
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
                met = met and row.is_met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
