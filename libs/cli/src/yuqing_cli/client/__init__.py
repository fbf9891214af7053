"""The client: commands that talk to any gateway, with tables for people and JSON for programs."""
