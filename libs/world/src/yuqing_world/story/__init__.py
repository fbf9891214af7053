"""The town's story as a pure model: what is written where and when, by whom, and what it is meant to be."""
