"""A call that repeats one which was asked to wait: known by what it sends, of which nothing is kept."""

from __future__ import annotations

from claude_tui.traffic.proxy.repeats import Repeats


def sent(repeats: Repeats, body: bytes, whose: str = "checkout", what: str = "POST /v1/messages") -> bytes:
    found = repeats.begun(whose, what)
    for start in range(0, len(body), 3):
        found.feed(body[start : start + 3])
    return found.digest()


def test_a_repeat_is_early_until_the_wait_is_over() -> None:
    for began, early in ((104.8, True), (104.95, False), (105.0, False), (900.0, False)):
        repeats = Repeats()
        repeats.asked_to_wait(sent(repeats, b"the same"), 105.0)
        assert repeats.is_early(sent(repeats, b"the same"), began) is early
        # The repeat was not refused, so what comes next repeats nothing.
        assert repeats.is_early(sent(repeats, b"the same"), began) is None


def test_another_call_repeats_nothing() -> None:
    repeats = Repeats()
    repeats.asked_to_wait(sent(repeats, b"the same"), 105.0)
    assert repeats.is_early(sent(repeats, b"another"), 100.0) is None
    assert repeats.is_early(sent(repeats, b"the same", whose="batch"), 100.0) is None
    assert repeats.is_early(sent(repeats, b"the same", what="POST /v1/messages/count_tokens"), 100.0) is None


def test_what_is_held_is_bounded_and_no_other_process_could_make_it() -> None:
    repeats = Repeats(most=100)
    digests = [sent(repeats, b"%d" % number) for number in range(150)]
    for digest in digests:
        repeats.asked_to_wait(digest, 105.0)
    assert [repeats.is_early(digest, 100.0) for digest in digests] == [None] * 50 + [True] * 100
    assert sent(Repeats(), b"the same") != sent(Repeats(), b"the same")
