"""What indexing keeps in SQL: registry of mentions, aliases, tombstones, saved searches, the feed."""
