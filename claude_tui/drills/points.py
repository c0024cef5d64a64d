"""The points of a drill: 0 to 100, from everything that can be judged."""

from __future__ import annotations

from collections.abc import Iterator

from claude_tui.drills.record import Score
from claude_tui.simulator.truth import Truth

__all__ = ["WEIGHTS", "points"]

WEIGHTS = {
    "the right side": 20,
    "the right cause": 20,
    "the right steps": 25,
    "a good start": 5,
    "nothing harmful": 10,
    "no wrong turns": 5,
    "noticed in time": 5,
    "acknowledged": 5,
    "the postmortem": 5,
}
"""The weight of each criterion. One that cannot be judged is left out, and the others count for more."""

_HARM = 0.5
_WRONG_TURN = 0.25
_AT_ONCE_S, _TOO_LATE_S = 60.0, 600.0


def points(found: Score, truth: Truth) -> int | None:
    """The points of a score; None if the responder did nothing at all."""
    if found.noticed_s is None and found.side is None and not (found.hit or found.harmful):
        return None
    shares = dict(_shares(found, truth))
    whole = sum(WEIGHTS[name] for name in shares)
    return round(100 * sum(WEIGHTS[name] * share for name, share in shares.items()) / whole)


def _shares(found: Score, truth: Truth) -> Iterator[tuple[str, float]]:
    """The criteria that can be judged, each as a share of 1."""
    yield "the right side", float(found.side_right is True)
    yield "the right cause", float(found.cause_right is True)
    yield "the right steps", len(found.hit) / len(truth.steps) if truth.steps else 1.0
    yield "nothing harmful", max(0.0, 1 - _HARM * len(found.harmful))
    if found.began_well is not None:
        yield "a good start", float(found.began_well)
    if found.wrong_turns is not None:
        yield "no wrong turns", max(0.0, 1 - _WRONG_TURN * found.wrong_turns)
    if truth.paged:
        yield "noticed in time", _in_time(found.noticed_s)
    if found.pages:
        yield "acknowledged", float(found.acknowledged_s is not None)
    if found.postmortem is not None:
        yield "the postmortem", found.postmortem.filled / max(found.postmortem.fields, 1)


def _in_time(seconds: float | None) -> float:
    if seconds is None:
        return 0.0
    return min(1.0, max(0.0, (_TOO_LATE_S - seconds) / (_TOO_LATE_S - _AT_ONCE_S)))
