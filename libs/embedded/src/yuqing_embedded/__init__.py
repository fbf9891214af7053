"""Elasticsearch and PostgreSQL from packages, started and stopped."""
