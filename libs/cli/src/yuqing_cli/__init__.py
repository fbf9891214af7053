"""The yuqing command."""
