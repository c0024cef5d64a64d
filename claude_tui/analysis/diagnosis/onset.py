"""The first seconds of a problem, in which further messages show how bad it is.

Two failures within three seconds may be one request in five or all of them. A severity that climbs with each
answer would change three times in a few seconds, so it waits for the answers that are about to arrive.
"""

from __future__ import annotations

from datetime import datetime

from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.diagnosis.losses import took_until
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Confirmation

__all__ = ["asked_since_onset", "is_confirming", "onset"]


def onset(history: History, episode: Episode) -> int | None:
    """The index of the failure that is being confirmed; None if the problem was known before it."""
    exchanges = history.exchanges(episode.source)
    began = exchanges.states[episode.last].trouble_since
    first = episode.last if began is None else exchanges.items.index_at(began.timestamp())
    first = max(first, episode.first)
    known = episode.confirmed_at is not None and episode.confirmed_at < exchanges.items.at[first]
    return None if known else first


def asked_since_onset(history: History, episode: Episode, at: datetime) -> int | None:
    """How many exchanges have followed the failure that is being confirmed."""
    first = onset(history, episode)
    if first is None:
        return None
    return history.exchanges(episode.source).items.count_until(at.timestamp()) - 1 - first


def is_confirming(history: History, episode: Episode, at: datetime, pace: Confirmation) -> bool:
    """Whether the messages that follow a first failure are still being sent.

    An answer may take long, and probes may be on hold: after the time that quick answers need, this phase is
    over.
    """
    first = onset(history, episode)
    asked = asked_since_onset(history, episode, at)
    if first is None or asked is None or asked >= pace.messages:
        return False
    failure = history.exchanges(episode.source).items.values[first]
    return at.timestamp() - took_until(failure) < pace.gap_s * (pace.messages + 1)
