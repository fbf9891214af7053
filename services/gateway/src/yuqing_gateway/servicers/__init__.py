"""The directory's RPCs."""
