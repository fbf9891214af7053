"""A process that keeps ending is started ever later, one that was well begins anew."""

from yuqing_cli.up.backoff import Backoff


def test_wait_doubles_to_its_longest_when_a_process_keeps_ending() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_wait_begins_anew_when_the_process_was_healthy_for_long() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(0)
    assert backoff.after(59.9) == 16
    assert backoff.after(60) == 0.5
    assert backoff.after(0) == 1
