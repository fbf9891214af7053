"""Judging towards a subject: what a text that speaks of several says of one of them."""
