"""Kill -9 of every service and of Elasticsearch, five rounds, while the world is crawled: what is lost, doubled or not answered for."""

from pathlib import Path

from tests.bench.figures import Row, say
from yuqing_testkit.faults import KILLED, account_at_rest, kill_while_crawling, settled_agreement, told_once, told_story
from yuqing_testkit.system import running_system


def measure(var: Path, *, quick: bool) -> list[Row]:
    """One row: how many texts differ between world and index, and whether the books balance."""
    rounds = 1 if quick else 5
    with running_system(var, world_speed=7, world_posts=2000, environment=told_story()) as system, system.client("zhang.min") as client:
        for number in range(1, rounds + 1):
            for name in KILLED:
                kill_while_crawling(system, name, client)
                say(f"  round {number}: {name} was killed and is well again")
        found = settled_agreement(system, client, within_seconds=600)
        books = account_at_rest(system, client)
        wrong = len(found.missing) + len(found.doubled) + len(found.strangers) + len(books.unknown) + len(books.unacknowledged) + books.refused
        wrong += abs(books.settled - books.acknowledged) + (not told_once(system))
    note = f"{rounds * len(KILLED)} kills, {len(found.found)} texts, {books.settled} documents acknowledged"
    return [Row("lost, doubled or unanswered after kill -9", "texts", float(wrong), 0.0, note=note)]
