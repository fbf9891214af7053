"""Loops: leased, idempotent, one unit of work at a time."""
