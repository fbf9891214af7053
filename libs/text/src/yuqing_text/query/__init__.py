"""The query language: one parser, one tree, compiled to Elasticsearch and evaluated in memory."""
