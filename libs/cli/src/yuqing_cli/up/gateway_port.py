"""Finds a port for the gateway, and names the process that holds the wanted one."""

from yuqing_cli.up.words import Say
from yuqing_embedded.ports import free_port, holder, is_free


class PortTaken(Exception):
    """Another process listens on the gateway's port; the message names it."""


def usable_gateway_port(wanted: int, *, fixed: bool, say: Say) -> int:
    """The wanted port (0: any free one).

    If it is taken, the message names the process. Only a port that nobody asked for gives way, and only to another run of
    ours: people who find a stranger's page at the usual address should know why.
    """
    if wanted == 0:
        return free_port()
    if is_free(wanted):
        return wanted
    held_by = holder(wanted)
    if fixed or held_by is None or "yuqing_gateway" not in held_by.command:
        raise PortTaken(
            f"端口 {wanted} 已被占用 (port is in use by): {held_by or '?'}\n"
            "可用 --port 指定其他端口,--port 0 为任选 (choose another with --port; 0 takes a free one)."
        )
    other = free_port()
    say(f"端口 {wanted} 已被另一个舆情实例占用,改用 {other} (port {wanted} is held by another run, {held_by}; taking {other})")
    return other
