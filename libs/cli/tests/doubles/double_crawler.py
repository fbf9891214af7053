"""The double of crawler."""

from double import serve

serve("crawler")
