"""Commands come from the installed packages, and a broken one hurts nobody else."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqing_cli import main as module
from yuqing_cli.main import main


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages in which two commands are registered; one of them cannot be imported."""
    (tmp_path / "sound.py").write_text('import click\n\n\n@click.command()\ndef greet():\n    """Says hello."""\n    click.echo("hello")\n')
    (tmp_path / "ill.py").write_text('import click\nimport nonesuch\n\n\n@click.command()\ndef groan():\n    """Says nothing."""\n')
    information = tmp_path / "some-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: some\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{module.GROUP}]\ngreet = sound:greet\ngroan = ill:groan\ngone = missing:gone\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("packages")
def test_help_names_every_command_when_nothing_is_imported() -> None:
    reply = CliRunner().invoke(main, ["--help"])
    assert reply.exit_code == 0
    lines = {line.split()[0]: line for line in reply.output.splitlines() if line.startswith("  ") and line.strip()}
    assert "Says hello." in lines["greet"]
    assert "Says nothing." in lines["groan"]
    assert "无法加载" in lines["gone"]
    assert {"up", "doctor"} <= lines.keys()
    assert "sound" not in sys.modules
    assert "ill" not in sys.modules


@pytest.mark.usefixtures("packages")
def test_failing_command_says_why_when_it_is_called_and_others_work() -> None:
    failing = CliRunner().invoke(main, ["groan", "--loudly", "now"])
    assert failing.exit_code == 1
    assert "nonesuch" in failing.output
    assert CliRunner().invoke(main, ["greet"]).output == "hello\n"


def test_object_that_is_no_command_says_so() -> None:
    command = module._load(EntryPoint("path", "os:path", module.GROUP))
    reply = CliRunner().invoke(command, [])
    assert reply.exit_code == 1
    assert "no click command" in reply.output


def test_no_service_is_imported_when_help_is_asked_for() -> None:
    code = "import sys; from yuqing_cli.main import main; main(['--help'], standalone_mode=False); print([m for m in sys.modules if 'grpc' in m])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.splitlines()[-1] == "[]"
