"""How long a probe waits: pure functions that take randomness as an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from claude_tui.model.format import plain
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.waiting import asked_to_wait_s

__all__ = ["LONGEST_HOLD_S", "Backoff", "Hold", "hold_after", "jittered", "next_slot"]

# A server may ask for more, but then the dashboard would miss the recovery.
LONGEST_HOLD_S = 3600.0

_JITTER = 0.1
_EXTRA_SHARE = 0.1
_MOST_EXTRA_S = 5.0
_THROTTLED = frozenset({Outcome.OVERLOADED, Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT})


@dataclass(frozen=True, slots=True)
class Backoff:
    """The range, in seconds, from which a wait is drawn when the provider is overloaded or throttles."""

    low_s: float = 30.0
    high_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.low_s <= self.high_s:
            raise ValueError(f"a backoff needs 0 <= low_s <= high_s, not {self.low_s} and {self.high_s}")


@dataclass(frozen=True, slots=True)
class Hold:
    """A wait that overrides the interval, counted from the end of the exchange that caused it."""

    seconds: float
    reason: str


def jittered(interval_s: float, random: Random) -> float:
    """`interval_s` plus or minus up to a tenth, uniformly, so that probes of many machines drift apart."""
    return interval_s * random.uniform(1 - _JITTER, 1 + _JITTER)


def next_slot(due: float, now: float, interval_s: float) -> float:
    """`due`, or if that has passed, the next of the slots that follow it every `interval_s`.

    A probe that outlasts its interval thus skips slots instead of queueing them.
    """
    if due > now:
        return due
    return due + (math.floor((now - due) / interval_s) + 1) * interval_s


def hold_after(observation: Observation, *, paid: bool, backoff: Backoff, random: Random) -> Hold | None:
    """The wait that a result requires of its probe; None when the interval applies.

    - The wait that a failure asks for (see `asked_to_wait_s`) is honoured by every probe, up to an hour,
      and up to a tenth (at most 5 s) longer, so that clients do not all return in the same second.
    - Paid probes back off on `overloaded`, for that wait or a draw from `backoff`, whichever is longer;
      when throttled (429) for that wait, or without one for such a draw.
    """
    if not observation.failed:
        return None
    asked_s = asked_to_wait_s(observation)
    seconds = _not_before(min(asked_s, LONGEST_HOLD_S), random)
    throttled = paid and observation.outcome in _THROTTLED
    if throttled and (asked_s <= 0 or observation.outcome is Outcome.OVERLOADED):
        seconds = max(seconds, random.uniform(backoff.low_s, backoff.high_s))
    return Hold(seconds, _reason(observation.outcome, asked_s)) if seconds > 0 else None


def _not_before(seconds: float, random: Random) -> float:
    return seconds + random.uniform(0, min(seconds * _EXTRA_SHARE, _MOST_EXTRA_S))


def _reason(outcome: Outcome, asked_s: float) -> str:
    what = plain(outcome.value)
    if asked_s <= 0:
        return f"{what}: backing off"
    cut = f", capped at {LONGEST_HOLD_S:g}s" if asked_s > LONGEST_HOLD_S else ""
    return f"{what}: the server asked to wait {asked_s:.0f}s{cut}"
