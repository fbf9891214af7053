"""The double of gateway."""

from double import serve

serve("gateway")
