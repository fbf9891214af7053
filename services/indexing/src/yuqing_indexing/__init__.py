"""Indexing: keeps mentions in Elasticsearch and answers searches."""
