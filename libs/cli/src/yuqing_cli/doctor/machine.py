"""Looks at the machine: Python, memory, disk, the user, the time zones."""

import shutil
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psutil

from yuqing_cli.doctor.findings import Finding, bad, good, warning
from yuqing_embedded.places import Places

OLDEST_PYTHON = (3, 11)
NEEDED_MEMORY_BYTES = int(2.6 * 2**30)  # the whole system with 1 GiB of heap, at rest
NEEDED_DISK_BYTES = 3 * 2**30
TIGHT_DISK_BYTES = 10 * 2**30


def python(version: tuple[int, int, int] = sys.version_info[:3]) -> Finding:
    """The version of Python."""
    words = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return bad(f"Python {words} 过旧,需要 3.11 或更新版本", f"Python {words} is too old: 3.11 or newer is needed")
    return good(f"Python {words}", f"Python {words}")


def memory(available_bytes: int | None = None) -> Finding:
    """The memory that is free now."""
    available = psutil.virtual_memory().available if available_bytes is None else available_bytes
    size = f"{available / 2**30:.1f} GiB"
    if available < NEEDED_MEMORY_BYTES:
        return warning(
            f"可用内存 {size},全部运行约需 2.6 GiB;可用 YUQING_ELASTICSEARCH_HEAP_MIB 减小 Elasticsearch 的堆",
            f"{size} of memory available; all of it needs about 2.6 GiB. YUQING_ELASTICSEARCH_HEAP_MIB makes Elasticsearch's heap smaller",
        )
    return good(f"可用内存 {size}", f"{size} of memory available")


def disk(folder: Path, free_bytes: int | None = None) -> Finding:
    """The space left where `folder` is or will be."""
    free = shutil.disk_usage(existing(folder)).free if free_bytes is None else free_bytes
    size = f"{free / 2**30:.1f} GiB"
    if free < NEEDED_DISK_BYTES:
        return bad(f"{folder} 所在磁盘仅剩 {size},至少需要 3 GiB", f"only {size} of disk left at {folder}; at least 3 GiB are needed")
    if free < TIGHT_DISK_BYTES:
        return warning(f"{folder} 所在磁盘剩余 {size},偏少", f"{size} of disk left at {folder}, which is not much")
    return good(f"{folder} 所在磁盘剩余 {size}", f"{size} of disk left at {folder}")


def writable(folder: Path) -> Finding:
    """Whether we may write in `folder`, or make it."""
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):  # root's rights say yes even where the system says no
            return good(f"目录可写:{folder}", f"folder is writable: {folder}")
    except OSError as error:
        return bad(f"目录不可写:{folder}({error.strerror})", f"folder is not writable: {folder} ({error.strerror})")


def user(places: Places) -> Finding:
    """Who we are, and what follows from it."""
    if places.owner is None:
        return good(
            f"以普通用户运行;程序在 {places.programs},数据在 var 目录", f"run as a user: programs in {places.programs}, data in the var folder"
        )
    return good(
        f"以 root 运行:引擎改由 uid {places.owner.uid} 运行;程序在 {places.programs},引擎数据在 {places.root_data}",
        f"run as root: engines run as uid {places.owner.uid}; programs in {places.programs}, engines' data in {places.root_data}",
    )


def time_zone(name: str) -> Finding:
    """Whether the organisation's time zone is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return bad(
            f"找不到时区 {name}:请安装时区数据库(Debian 的 tzdata 包),或更正 YUQING_TIME_ZONE",
            f"time zone {name} is unknown: install the zone database (Debian: tzdata), or correct YUQING_TIME_ZONE",
        )
    return good(f"时区 {name}", f"time zone {name}")


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
