"""The points of a drill: 0 to 100, from everything that can be judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from claude_tui.drills.record import Score
from claude_tui.simulator.truth import Truth

__all__ = ["IN_TIME_S", "WEIGHTS", "Part", "parts", "points"]

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

IN_TIME_S = 60.0
"""Until when noticing earns all of its points."""

_HARM = 0.5
_WRONG_TURN = 0.25
_TOO_LATE_S = 600.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one criterion is worth, and how much of that was earned."""

    name: str
    share: float | None
    """Of 1; None if it cannot be judged."""

    @property
    def weight(self) -> int:
        return WEIGHTS[self.name]

    @property
    def earned(self) -> float:
        return self.weight * (self.share or 0.0)


def points(found: Score, truth: Truth) -> int | None:
    """The points of a score; None if the responder did nothing at all."""
    if found.noticed_s is None and found.side is None and not (found.hit or found.harmful):
        return None
    judged = [part for part in parts(found, truth) if part.share is not None]
    return round(100 * sum(part.earned for part in judged) / sum(part.weight for part in judged))


def parts(found: Score, truth: Truth) -> tuple[Part, ...]:
    """Every criterion, in the order of the weights."""
    shares = dict(_shares(found, truth))
    return tuple(Part(name, shares.get(name)) for name in WEIGHTS)


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
    return min(1.0, max(0.0, (_TOO_LATE_S - seconds) / (_TOO_LATE_S - IN_TIME_S)))
