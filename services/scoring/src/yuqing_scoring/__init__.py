"""Scoring: judges mentions."""
