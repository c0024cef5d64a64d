"""How figures read in sentences."""

from __future__ import annotations

from datetime import timedelta

from claude_tui.model.text import inert

__all__ = ["duration", "latency", "percent", "plain", "span_words", "truncate"]

BRIEF = 120


def duration(span: timedelta | float) -> str:
    """`41s`, `3m 05s`, `2h 05m`, `3d 4h`; negative counts as none."""
    seconds = max(int(span.total_seconds() if isinstance(span, timedelta) else span), 0)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m {seconds % 60:02}s"
    if seconds < 86_400:
        return f"{seconds // 3600}h {seconds % 3600 // 60:02}m"
    return f"{seconds // 86_400}d {seconds % 86_400 // 3600}h"


def span_words(span: timedelta) -> str:
    """A span to count over: `5m` when it is whole minutes, else as `duration`."""
    minutes, rest = divmod(int(span.total_seconds()), 60)
    return f"{minutes}m" if minutes and not rest else duration(span)


def latency(seconds: float) -> str:
    """`182 ms`, `4.10 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def percent(fraction: float) -> str:
    return "<1%" if 0 < fraction < 0.01 else f"{fraction * 100:.0f}%"


def plain(word: str) -> str:
    """A word of the API without underscores: `degraded_performance` reads `degraded performance`."""
    return word.replace("_", " ")


def truncate(text: str) -> str:
    """Foreign text as part of a sentence: at most 120 characters, with a visible ellipsis."""
    return inert(text, BRIEF)
