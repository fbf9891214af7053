"""Requests to use cases, use cases to replies."""
