"""Loops: each can be cut off at any moment and goes on from what the database says."""
