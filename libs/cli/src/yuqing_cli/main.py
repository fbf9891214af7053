"""The `yuqing` command: a group whose commands come from the installed packages, each loaded only when it is called."""

import ast
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

GROUP = "yuqing.commands"


class InstalledCommands(click.Group):
    """Commands of the entry-point group `yuqing.commands`. One that cannot be loaded says why and leaves the others alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return sorted(_installed() | self.commands.keys())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = _installed().get(cmd_name)
        return super().get_command(ctx, cmd_name) if entry is None else _load(entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- the same
        with formatter.section("命令 (commands)"):
            formatter.write_dl([(name, _summary(entry)) for name, entry in sorted(_installed().items())])


@click.group(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="yuqing-cli", prog_name="yuqing")
def main() -> None:
    """舆情系统的命令行 (the command line of Yuqing)."""


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> click.Command:
    try:
        command = entry.load()
    except Exception as error:  # noqa: BLE001 -- whatever a package does at import, the other commands must stay usable
        return _failing(entry, f"{type(error).__name__}: {error}")
    return command if isinstance(command, click.Command) else _failing(entry, f"{entry.value} is no click command")


def _failing(entry: EntryPoint, reason: str) -> click.Command:
    @click.command(entry.name, context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
    def failing() -> None:
        raise click.ClickException(f"命令 {entry.name} 无法加载 (cannot be loaded, from {entry.value}): {reason}")

    return failing


def _summary(entry: EntryPoint) -> str:
    """The first line of the command's docstring, read from its source: importing every service for `--help` would take seconds."""
    try:
        spec = find_spec(entry.module)
        source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
        nodes = ast.parse(source).body
    except (ImportError, OSError, SyntaxError) as error:
        return f"无法加载 (cannot be loaded): {error}"
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == entry.attr:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return f"无法加载 (cannot be loaded): {entry.value}"
