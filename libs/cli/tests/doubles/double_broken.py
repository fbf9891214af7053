"""A service that dies at once."""

raise SystemExit("no database")
