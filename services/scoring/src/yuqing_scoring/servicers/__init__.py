"""The RPCs of scoring."""
