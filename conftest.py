"""Switches on what every test suite of the workspace shares: real engines, the table of clauses, and how properties are tried."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["yuqing_testkit.plugin", "yuqing_testkit.clauses"]

# A busy machine is no failure of what is tried.
settings.register_profile("yuqing", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("yuqing")
