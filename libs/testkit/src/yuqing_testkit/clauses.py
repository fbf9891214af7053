"""`pytest --clauses` runs the tests that carry clauses of the regulation and prints which clauses a passing test shows."""

import re
from collections.abc import Generator
from typing import Any

import pytest

_KEY = pytest.StashKey["dict[str, dict[str, bool]]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption("--clauses", action="store_true", help="run the tests that carry clauses, and print each clause with its tests")


def pytest_configure(config: pytest.Config) -> None:
    """Prepares what is known of each clause: test → whether it passed."""
    config.stash[_KEY] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests with clauses alone."""
    if config.getoption("--clauses"):
        kept = [item for item in items if item.get_closest_marker("clause")]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes how a test with clauses ended."""
    report = yield
    if report.when == "call" or report.failed:
        for marker in item.iter_markers("clause"):
            for clause in marker.args:
                item.config.stash[_KEY].setdefault(str(clause), {})[item.nodeid] = report.passed
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the table."""
    if not config.getoption("--clauses"):
        return
    terminalreporter.section("clauses")
    for clause, tests in sorted(config.stash[_KEY].items(), key=lambda each: [int(number) for number in re.findall(r"\d+", each[0])]):
        state = "shown" if tests and all(tests.values()) else "NOT SHOWN"
        terminalreporter.write_line(f"{clause:8} {state}")
        for test, passed in sorted(tests.items()):
            terminalreporter.write_line(f"         {'passed' if passed else 'FAILED'}  {test}")
