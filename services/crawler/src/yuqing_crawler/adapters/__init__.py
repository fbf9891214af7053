"""The outside of the crawler: indexing, and the form in which pages are stored."""
