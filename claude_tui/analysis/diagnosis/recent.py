"""Which exchanges count as recent, and whether the newest message is the first of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Source

__all__ = ["first_message", "recent"]

# The least time that counts as recent.
_HORIZON_S = 900.0


def recent(history: History, source: Source, at: datetime, options: Options) -> list[Observation]:
    """The exchanges of the last 15 minutes, or of the last ten intervals if that is longer."""
    return history.window(source, at - _span(source, options), at)


def first_message(history: History, at: datetime, options: Options) -> Observation | None:
    """The only recent message, after a start or a long pause; None if there are others, or none."""
    items = history.exchanges(Source.MESSAGES).items
    end = items.count_until(at.timestamp())
    first = items.index_at((at - _span(Source.MESSAGES, options)).timestamp())
    return items.values[first] if end - first == 1 else None


def _span(source: Source, options: Options) -> timedelta:
    return timedelta(seconds=max(_HORIZON_S, 10 * options.interval_s(source)))
