"""The kinds of source (采集方式): one module a kind, found by name in the registry."""
