"""Rules of the house that the linters do not check."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BANNED_NAMES = {"utils", "helpers", "manager", "common", "base"}
TOP_LEVEL = {"protos", "services", "charts", "libs", "tests", "Makefile", "skaffold.yaml", "README.md", "README.zh-CN.md"}
TOOL_FILES = {".ci", ".gitignore", "pyproject.toml", "requirements.lock", "conftest.py"}


def tracked():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / line for line in listing if line and (ROOT / line).is_file()]


def sources():
    return [file for file in tracked() if file.suffix == ".py" and "libs/protos/src/yuqing/" not in file.as_posix()]


def test_nothing_unexpected_lies_at_the_top():
    assert {file.relative_to(ROOT).parts[0] for file in tracked()} <= TOP_LEVEL | TOOL_FILES


def test_every_module_says_why_it_exists():
    silent = [file for file in sources() if "tests" not in file.parts and not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing():
    assert [file for file in sources() if file.stem in BANNED_NAMES or file.parent.name in BANNED_NAMES] == []


def test_the_namespace_package_is_nobodys():
    assert list(ROOT.glob("**/src/yuqing/__init__.py")) == []


def test_nothing_is_imported_inside_a_function():
    found = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found += [f"{file}:{inner.lineno}" for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
    assert found == []


def test_no_lock_file_names_a_registry():
    for file in tracked():
        if file.suffix == ".lock" or file.name == "package-lock.json":
            assert not re.search(r"https?://", file.read_text(encoding="utf-8")), file
