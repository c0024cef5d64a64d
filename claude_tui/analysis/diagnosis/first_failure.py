"""When the current problem began, even if there is no verdict on it yet."""

from __future__ import annotations

from datetime import datetime

from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.streaks import GAP
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Verdict

__all__ = ["first_failure"]

# The model list is left out: an endpoint without one fails every such request while all is well.
_SOURCES = (Source.MESSAGES, Source.OTHER_MODELS)


def first_failure(history: History, verdict: Verdict, at: datetime) -> datetime | None:
    """When the problem began according to the verdict, or else the first failure of the cluster that is open.

    None if nothing is wrong.
    """
    if verdict.severity.trouble:
        return verdict.since
    checked = [failure.at for failure in verdict.failures[:1]] if verdict.checking else []
    running = [since for source in _SOURCES if (since := _open_since(history, source, at)) is not None]
    return min([*checked, *running], default=None)


def _open_since(history: History, source: Source, at: datetime) -> datetime | None:
    """The first failure of the cluster that has not ended; a long pause ends one too."""
    exchanges = history.exchanges(source)
    count = exchanges.items.count_until(at.timestamp())
    if not count or at - exchanges.items.values[count - 1].at > GAP:
        return None
    return exchanges.states[count - 1].trouble_since
