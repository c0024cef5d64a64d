"""What is wrong with this machine or its network besides any problem: its clock, its addresses."""

from __future__ import annotations

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.views.addresses import bypassed_at
from claude_tui.model.format import duration
from claude_tui.model.observation import Source

__all__ = ["machine_note"]

# A smaller difference is the rounding of a `date`, or a slow answer.
_CLOCK_WRONG_S = 60.0


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
    """What the probes work round, while other clients may wait for it."""
    bypassed = bypassed_at(context.history, context.at)
    if bypassed is None:
        return ""
    if bypassed.address:
        what = f"Of the {bypassed.of} addresses of {context.facts.host}, {bypassed.address} {bypassed.how}"
        return f"{what}: clients that try one after the other are slow or fail."
    return f"{bypassed}, {bypassed.kind.other} works: clients that do not try both at once are slow or fail."
