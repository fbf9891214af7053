"""The commands that scoring adds to `yuqing`."""
