"""Mentions and observations as Elasticsearch keeps them."""
