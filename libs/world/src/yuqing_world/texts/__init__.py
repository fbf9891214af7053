"""How the town writes: a small grammar, its rules as text files, and the writer that turns a plan into words."""
