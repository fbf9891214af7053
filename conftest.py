"""Switches on what every test suite of the workspace shares: real engines, and the table of clauses."""

pytest_plugins = ["yuqing_testkit.plugin", "yuqing_testkit.clauses"]
