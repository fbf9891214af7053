"""The rules of mentions, pure: no framework, no input or output."""
