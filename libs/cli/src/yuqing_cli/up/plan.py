"""Decides what runs where: which services are installed, their ports, their environment, what waits for what."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from yuqing_cli.up.probes import GrpcHealth, HttpHealth, Probe
from yuqing_cli.up.settings import given_address
from yuqing_cli.up.units import Process
from yuqing_embedded.ports import free_ports
from yuqing_world.hosts import hosts

GROUP = "yuqing.services"
GATEWAY, CRAWLER, WORLD, ELASTICSEARCH = "gateway", "crawler", "world", "elasticsearch"
# Who must be ready before a service starts. Others find each other by themselves; these would only begin with failures.
AFTER: Mapping[str, Sequence[str]] = {"indexing": (ELASTICSEARCH, "scoring"), CRAWLER: ("indexing", GATEWAY, WORLD)}
# Groups in which all is stopped: nobody new is let in, what is under way ends, and what others stand on goes last.
STOP_FIRST: Sequence[Sequence[str]] = ((CRAWLER, WORLD), (GATEWAY,))
STOP_LAST: Sequence[Sequence[str]] = (("indexing",), ("scoring",), (ELASTICSEARCH,))
DRAIN_SECONDS = "2"  # five groups of processes must be gone within 15 s


@dataclass(frozen=True)
class Ports:
    """Where everything of a run listens; chosen once, kept when a service is started again."""

    gateway: int
    world: int
    addresses: Mapping[str, str]
    metrics: Mapping[str, int]

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway}"

    @property
    def world_url(self) -> str:
        return f"http://127.0.0.1:{self.world}"


@dataclass(frozen=True)
class Run:
    """What distinguishes this run from another one on the same machine."""

    var: Path
    keys: Path
    secret_key_file: Path
    elasticsearch_url: str
    ports: Ports
    vectors: str

    @property
    def mark(self) -> str:
        """An argument on every process of this run, by which a later start finds what a kill -9 left."""
        return run_mark(self.var)


def run_mark(var: Path) -> str:
    """The mark of runs in the folder `var`."""
    return f"yuqing-run={hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:16]}"


def installed_services() -> dict[str, str]:
    """Name → module of the services that are installed (entry-point group `yuqing.services`)."""
    return {entry.name: entry.module for entry in entry_points(group=GROUP)}


def choose_ports(services: Sequence[str], *, gateway: int, world: int) -> Ports:
    """Takes what the environment fixes and free ports for the rest."""
    free = free_ports(but=(gateway, world))
    addresses = {service: given_address(service) or f"127.0.0.1:{next(free)}" for service in services}
    return Ports(gateway or next(free), world or next(free), addresses, {service: next(free) for service in services})


def environment(run: Run, *, with_world: bool, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What every service of the run finds in its environment. The README of this package lists it."""
    ports = run.ports
    own = {
        "YUQING_VAR": str(run.var),
        "YUQING_KEYS": str(run.keys),
        "YUQING_SECRET_KEY_FILE": str(run.secret_key_file),
        "YUQING_ELASTICSEARCH_URL": run.elasticsearch_url,
        "YUQING_SCORING_VECTORS": run.vectors,
        "YUQING_GATEWAY_HTTP": f"127.0.0.1:{ports.gateway}",
        "PYTHONUNBUFFERED": "1",
    }
    for service, address in ports.addresses.items():
        own[f"YUQING_{service.upper()}_ADDRESS"] = address
        own[f"YUQING_{service.upper()}_METRICS_PORT"] = str(ports.metrics[service])
    if GATEWAY in ports.addresses:  # the directory is a part of the gateway's process
        own["YUQING_DIRECTORY_ADDRESS"] = ports.addresses[GATEWAY]
    if with_world:
        own["YUQING_CRAWLER_HOSTS"] = json.dumps(hosts(ports.world))
        own["YUQING_GATEWAY_DEMONSTRATION"] = "true"
    return {"YUQING_DRAIN_SECONDS": DRAIN_SECONDS, **base, **own}


def service_process(name: str, module: str, run: Run, environment: Mapping[str, str]) -> Process:
    """The process of an installed service."""
    probe: Probe = HttpHealth(f"{run.ports.gateway_url}/healthz") if name == GATEWAY else GrpcHealth(run.ports.addresses[name])
    return Process(name, python_module(run, module), environment, probe, AFTER.get(name, ()))


def world_process(run: Run, environment: Mapping[str, str]) -> Process:
    """The demonstration world's process; it reads its own settings (`YUQING_WORLD_…`) from the environment."""
    command = (*python_module(run, "yuqing_world"), "--port", str(run.ports.world))
    return Process(WORLD, command, environment, HttpHealth(f"{run.ports.world_url}/clock"))


def python_module(run: Run, module: str) -> tuple[str, ...]:
    """A command line that runs a module. Python keeps an unknown -X option and does nothing with it: it carries the run's mark."""
    return (sys.executable, "-X", run.mark, "-m", module)


def present_only(processes: Sequence[Process], more: Sequence[str] = ()) -> list[Process]:
    """The same processes, waiting only for what is a part of this run (`more` names what is no process)."""
    names = {process.name for process in processes} | set(more)
    return [
        Process(process.name, process.command, process.environment, process.probe, tuple(name for name in process.after if name in names))
        for process in processes
    ]


def stop_order(names: Sequence[str]) -> list[list[str]]:
    """Groups of names in the order in which they are stopped; services that this page does not know go in the middle."""
    known = {name for group in (*STOP_FIRST, *STOP_LAST) for name in group}
    others = [name for name in names if name not in known]
    groups = [*STOP_FIRST, others, *STOP_LAST]
    return [present for group in groups if (present := [name for name in group if name in names])]
