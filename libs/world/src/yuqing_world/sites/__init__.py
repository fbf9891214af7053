"""The town's websites, each with its own look, over one story."""
