"""Fixtures and fakes, for tests only."""
