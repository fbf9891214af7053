"""The crawler: fetches sources, keeps the spool and the stored pages, ships documents to indexing."""
