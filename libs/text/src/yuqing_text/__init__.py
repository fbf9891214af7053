"""Text: normal form, tokens, the query language and its matcher."""
