"""Switches on the fixtures that every test suite of the workspace shares."""

pytest_plugins = ["yuqing_testkit.plugin"]
