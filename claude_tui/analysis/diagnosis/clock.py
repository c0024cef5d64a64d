"""Whether this machine's clock is wrong, by the clock of the server."""

from __future__ import annotations

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.model.format import duration
from claude_tui.model.observation import Source

__all__ = ["clock_note"]

# Less is the rounding of a `date`, or a slow answer.
_WRONG_S = 60.0


def clock_note(context: DiagnosisContext) -> str:
    """A wrong clock, which shifts every time that is shown, and makes signatures and tokens invalid."""
    skews = (context.newest(source) for source in (Source.MODELS, Source.MESSAGES))
    skew_s = next((each.skew_s for each in skews if each is not None and each.skew_s is not None), 0.0)
    if abs(skew_s) < _WRONG_S:
        return ""
    way = "behind" if skew_s > 0 else "ahead of"
    return f"This machine’s clock is {duration(abs(skew_s))} {way} the server’s."
