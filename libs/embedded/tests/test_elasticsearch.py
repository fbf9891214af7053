"""A real node starts, keeps its data through a kill, gives way to its successor, and says why it died."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from yuqing_embedded.elasticsearch import TEST_HEAP_MIB, ElasticsearchNode, NodeError
from yuqing_embedded.places import Places, places
from yuqing_testkit.engines import state_folder


@pytest.fixture
def where() -> Places:
    return places()


@pytest.fixture
def state(where: Places) -> Iterator[Path]:
    with state_folder(where) as folder:
        yield folder / "a node's state"  # with a space, as folders of people have


def found(url: str) -> int:
    return int(httpx.get(f"{url}/texts/_count", trust_env=False).json()["count"])


def test_data_is_kept_when_the_node_is_killed_or_replaced(where: Places, state: Path) -> None:
    left = ElasticsearchNode(state, places=where, heap_mib=TEST_HEAP_MIB)
    url = left.start()
    httpx.put(f"{url}/texts/_doc/1?refresh=true", json={"text": "舆情"}, trust_env=False).raise_for_status()
    stray = left.pids
    assert len(stray) == 2
    with ElasticsearchNode(state, places=where, heap_mib=TEST_HEAP_MIB) as node:  # as after a supervisor that was killed
        assert found(node.url) == 1
        assert not left.is_running
        assert not set(stray) & set(node.pids)
        node.kill()
        assert node.pids == ()
        assert node.start() == node.url
        assert found(node.url) == 1
        assert {psutil.Process(pid).uids().effective for pid in node.pids} == {where.owner.uid if where.owner else psutil.Process().uids().effective}
    assert node.pids == ()
    assert list((state / "tmp").glob("final-flags*"))  # what the launcher leaves behind lies with the node's own


def test_error_carries_the_log_when_the_node_dies_at_start(where: Places, state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        node = ElasticsearchNode(state, places=where, heap_mib=TEST_HEAP_MIB, port=taken.getsockname()[1])
        with pytest.raises(NodeError, match="Address already in use"):
            node.start()
    node.stop()
    assert node.pids == ()
