"""`yuqing up`: reads what the person wants, takes the run's lock, and turns what goes wrong into words and exit codes."""

from collections.abc import Mapping
from pathlib import Path

import click

from yuqing_cli.up.assembly import Assembly
from yuqing_cli.up.gateway_port import PortTaken, usable_gateway_port
from yuqing_cli.up.lock import AlreadyRunning, RunLock
from yuqing_cli.up.plan import installed_services, run_mark
from yuqing_cli.up.settings import UpSettings
from yuqing_cli.up.supervisor import StartFailed
from yuqing_cli.up.words import say
from yuqing_embedded.downloads import DownloadError
from yuqing_embedded.processes import end_marked

STRAY_SECONDS = 5.0


@click.command()
@click.option("--var", type=click.Path(file_okay=False, path_type=Path), help="数据目录,默认 var (folder of this run; default: var).")
@click.option("--port", type=click.IntRange(0, 65535), help="网关端口,默认 8080,0 为任选 (gateway's port; 0: a free one).")
@click.option("--world/--no-world", default=True, help="是否运行演示世界 (run the demonstration world).")
@click.option("--verbose", is_flag=True, help="显示全部日志 (show all logs).")
def up(var: Path | None, port: int | None, world: bool, verbose: bool) -> None:
    """在一台机器上启动全部服务 (start everything on one machine)."""
    start_run(_settings(var, port), installed_services(), with_world=world, verbose=verbose)


def start_run(settings: UpSettings, services: Mapping[str, str], *, with_world: bool, verbose: bool = False) -> None:
    """Runs the services (name → module) until a signal says stop. Raises ClickException with words for the person at the terminal."""
    folder = settings.var.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # databases with names of people
    (folder / "log").mkdir(exist_ok=True)
    try:
        with RunLock(folder) as lock:
            end_marked(run_mark(folder), grace_seconds=STRAY_SECONDS)
            gateway_port = usable_gateway_port(settings.gateway_port, fixed="gateway_port" in settings.model_fields_set, say=say)
            Assembly(settings, folder, lock, gateway_port, services, with_world, say=say, verbose=verbose).start_and_watch()
    except AlreadyRunning as error:
        where = f"pid {error.run.pid}, {error.run.gateway}" if error.run else "?"
        raise click.ClickException(f"此目录已有实例在运行 (already running in this folder): {folder}: {where}") from error
    except (PortTaken, StartFailed, DownloadError) as error:
        raise click.ClickException(str(error)) from error


def _settings(var: Path | None, port: int | None) -> UpSettings:
    given: dict[str, Path | int] = {}
    if var is not None:
        given["var"] = var
    if port is not None:
        given["gateway_port"] = port
    return UpSettings.model_validate(given)
