"""What is wrong with this machine or its network besides any problem: its clock, a kind of addresses."""

from __future__ import annotations

from itertools import islice

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.model.format import duration
from claude_tui.model.observation import Observation, Source

__all__ = ["machine_note"]

# A smaller difference is the rounding of a `date`, or a slow answer.
_CLOCK_WRONG_S = 60.0
# This many of the newest connections must agree, as one that is slow to open may be chance.
_CONNECTIONS = 2
# Messages share a connection: this many are searched for the one that opened it.
_LOOKED_AT = 40


def machine_note(context: DiagnosisContext) -> str:
    return " ".join(filter(None, (_clock_note(context), _addresses_note(context))))


def _clock_note(context: DiagnosisContext) -> str:
    """A wrong clock, which shifts every time that is shown, and makes signatures and tokens invalid."""
    skews = (context.newest(source) for source in (Source.MODELS, Source.MESSAGES))
    skew_s = next(
        (
            observation.skew_s
            for observation in skews
            if observation is not None and observation.skew_s is not None
        ),
        0.0,
    )
    if abs(skew_s) < _CLOCK_WRONG_S:
        return ""
    way = "behind" if skew_s > 0 else "ahead of"
    return f"This machine's clock is {duration(abs(skew_s))} {way} the server's."


def _addresses_note(context: DiagnosisContext) -> str:
    """A kind of addresses that the probes avoid, while other clients may wait for it."""
    opened = sorted(
        (observation for source in API_SOURCES for observation in _opened(context, source)),
        key=lambda observation: observation.at,
    )[-_CONNECTIONS:]
    if len({observation.bypassed for observation in opened}) != 1 or len(opened) < _CONNECTIONS:
        return ""
    bypassed = opened[-1].bypassed
    if bypassed is None:
        return ""
    return f"{bypassed}, {bypassed.kind.other} works: clients that do not try both at once are slow or fail."


def _opened(context: DiagnosisContext, source: Source) -> list[Observation]:
    """The newest exchanges that opened a connection, newest first."""
    items = context.history.exchanges(source).items
    end = items.count_until(context.at.timestamp())
    newest = (items.values[index] for index in range(end - 1, max(end - _LOOKED_AT, 0) - 1, -1))
    return list(
        islice(
            (observation for observation in newest if observation.timings.connect is not None), _CONNECTIONS
        )
    )
