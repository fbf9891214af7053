"""The crawler's doors: each turns a request into one use case and its outcome into a reply."""
