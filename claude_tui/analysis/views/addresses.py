"""Addresses of the API's host that the probes work round, while other clients may wait for them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from claude_tui.analysis.history.history import API_SOURCES, History
from claude_tui.model.addresses import Bypassed
from claude_tui.model.observation import Observation, Source

__all__ = ["bypassed_at"]

# This many connections must agree, as one that is slow to open may be chance.
_CONNECTIONS = 2
# A resolver changes the order of addresses: of so many connections, half begin with the dead one of two.
_WITH_ADDRESS = 8
# Messages share a connection: this many are searched for those that opened one.
_LOOKED_AT = 40


def bypassed_at(history: History, at: datetime) -> Bypassed | None:
    """The kind of addresses that the newest connections bypassed, or the single address that some did."""
    opened = sorted(
        (observation for source in API_SOURCES for observation in _opened(history, source, at)),
        key=lambda observation: observation.at,
    )
    newest = [observation.bypassed for observation in opened[-_CONNECTIONS:]]
    if len(newest) == _CONNECTIONS and newest[0] == newest[1] and newest[0] is not None:
        return newest[0]
    bypassed = (observation.bypassed for observation in opened[-_WITH_ADDRESS:])
    single = Counter(found for found in bypassed if found is not None and found.address)
    return next((found for found, times in single.most_common(1) if times >= _CONNECTIONS), None)


def _opened(history: History, source: Source, at: datetime) -> list[Observation]:
    """The newest exchanges that opened a connection, newest first."""
    items = history.exchanges(source).items
    end = items.count_until(at.timestamp())
    found: list[Observation] = []
    for index in range(end - 1, max(end - _LOOKED_AT, 0) - 1, -1):
        if items.values[index].timings.connect is not None:
            found.append(items.values[index])
        if len(found) == _WITH_ADDRESS:
            break
    return found
