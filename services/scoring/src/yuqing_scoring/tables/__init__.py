"""Facts as tables: places, outlets, words that make names. Each file says in its first lines what it holds and where it is from."""
