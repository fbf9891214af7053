"""The double of indexing."""

from double import serve

serve("indexing")
