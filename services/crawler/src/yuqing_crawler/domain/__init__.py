"""The crawler's rules, free of frameworks: what a page says, how a source is read, when a document is dropped."""
