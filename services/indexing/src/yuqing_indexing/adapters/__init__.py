"""The outside of this service."""
