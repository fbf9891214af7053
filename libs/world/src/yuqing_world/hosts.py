"""Which names the town's sites have, for the outgoing guard's map from name to address."""

from yuqing_world.story.vocabulary import HOSTS


def hosts(port: int) -> dict[str, str]:
    """Every name of the town with the address that serves it, as `127.0.0.1:port`."""
    return dict.fromkeys(HOSTS, f"127.0.0.1:{port}")


def host_of(header: str) -> str | None:
    """The town's name that a Host header means, whatever its port; None for another name.

    `news.localhost` means `news.yuqing.test`, because browsers take every name under localhost to the loopback interface by themselves;
    an address or `localhost` alone means the town hall.
    """
    name = header.rsplit(":", 1)[0] if header.rsplit(":", 1)[-1].isdecimal() else header
    name = name.lower().rstrip(".")
    if name in ("localhost", "127.0.0.1", "[::1]", ""):
        return "world.yuqing.test"
    name = name.removesuffix(".localhost") + ".yuqing.test" if name.endswith(".localhost") else name
    return name if name in HOSTS else None
