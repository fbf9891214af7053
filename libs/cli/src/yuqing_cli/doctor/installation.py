"""Looks at the installation: the server in the cache, the Java runtime, the run in the var folder, ports, services."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from yuqing_cli.doctor.findings import Finding, bad, good, warning
from yuqing_cli.up.lock import is_locked, read_run
from yuqing_embedded import encoder as packaged_encoder
from yuqing_embedded.elasticsearch import install_name
from yuqing_embedded.java import java_home
from yuqing_embedded.places import Places
from yuqing_embedded.ports import holder

JAVA_SECONDS = 30


def is_cached(places: Places) -> bool:
    """Whether the server was installed before."""
    return (places.programs / install_name()).is_dir()


def server(places: Places) -> Finding:
    """Whether Elasticsearch is in the cache."""
    if is_cached(places):
        folder = places.programs / install_name()
        return good(f"Elasticsearch 已缓存:{folder}", f"Elasticsearch is in the cache: {folder}")
    return warning("Elasticsearch 尚未下载,首次启动时下载(约 97 MB)", "Elasticsearch is not in the cache: the first start downloads it (97 MB)")


def encoder(places: Places) -> Finding:
    """Whether the encoder for search by meaning is in the cache."""
    folder = places.programs / packaged_encoder.install_name()
    if folder.is_dir():
        return good(f"语义检索的编码器已缓存:{folder}", f"the encoder for search by meaning is in the cache: {folder}")
    return warning(
        "语义检索的编码器尚未下载,首次启动时下载(约 22 MB)",
        "the encoder for search by meaning is not in the cache: the first start downloads it (22 MB)",
    )


def java(places: Places) -> Finding:
    """Whether the user whom Elasticsearch runs as can start Java."""
    program = java_home(places) / "bin" / "java"
    owner = places.owner
    try:
        told = subprocess.run(  # noqa: S603 -- a program of ours
            [program, "-version"],
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=JAVA_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return bad(f"Java 无法运行({program}):{error}", f"Java does not run ({program}): {error}")
    line = told.stderr.partition("\n")[0]
    return good(f"Java 可用:{line}", f"Java runs: {line}")


def run(var: Path) -> Finding:
    """Whether a run uses the folder now."""
    note = read_run(var)
    if is_locked(var):
        where = f"pid {note.pid}, {note.gateway}" if note else "?"
        return good(f"正在运行:{where}", f"running: {where}")
    if note:
        return warning(f"上次运行(pid {note.pid})被强制终止,下次启动会清理", f"the last run (pid {note.pid}) was killed; the next start tidies up")
    return good("当前没有运行", "not running")


def port(number: int, var: Path) -> Finding:
    """Whether the gateway's port is free, or ours."""
    held_by = holder(number)
    if held_by is None:
        return good(f"端口 {number} 空闲", f"port {number} is free")
    note = read_run(var)
    if note and note.gateway.endswith(f":{number}") and is_locked(var):
        return good(f"端口 {number} 由本实例使用", f"port {number} is used by this run")
    return bad(
        f"端口 {number} 已被占用:{held_by};可用 yuqing up --port 换一个",
        f"port {number} is in use by {held_by}; choose another with yuqing up --port",
    )


def services(installed: Mapping[str, str]) -> Finding:
    """Whether there are services to start."""
    if not installed:
        return bad("没有安装任何服务:请运行 make setup", "no service is installed: run make setup")
    names = ", ".join(sorted(installed))
    return good(f"已安装的服务:{names}", f"installed services: {names}")
