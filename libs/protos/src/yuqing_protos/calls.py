"""Who calls whom, written down once: a test on imports, the chart's network policies and each server's list of callers read it here."""

from collections.abc import Mapping
from types import MappingProxyType

# The directory lives in the gateway's process, calls nobody, and has a name of its own so that the graph has no cycle.
CALLS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "gateway": frozenset({"crawler", "indexing", "scoring", "directory"}),
        "crawler": frozenset({"indexing", "directory"}),
        "indexing": frozenset({"scoring", "directory"}),
        "scoring": frozenset({"directory"}),
        "directory": frozenset(),
    }
)
"""Service → the services that it may call."""


def may_call(caller: str, callee: str) -> bool:
    """Whether the service `caller` may call the service `callee`; the same service never needs to."""
    return callee in CALLS.get(caller, frozenset())
