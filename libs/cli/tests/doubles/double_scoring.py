"""The double of scoring."""

from double import serve

serve("scoring")
