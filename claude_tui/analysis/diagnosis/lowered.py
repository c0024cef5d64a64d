"""Limits that the provider lowered, by comparing the readings of each bucket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.history.history import Bucket, History
from claude_tui.model.format import clock_minute, count

__all__ = ["Lowered", "lowered_limits"]

# This many readings in a row must have had the higher limit before, as two keys or deployments alternate.
_STEADY = 5


@dataclass(frozen=True, slots=True)
class Lowered:
    """A limit that is lower than it was."""

    bucket: str
    """The bucket's name."""
    before: int
    """The limit before."""
    after: int
    """The limit since then."""
    at: datetime
    """When the first reading had the lower limit."""

    @property
    def words(self) -> str:
        """`2M → 400k at 14:02 UTC`."""
        return f"{count(self.before)} → {count(self.after)} at {clock_minute(self.at)} UTC"


def lowered_limits(history: History, at: datetime, within: timedelta) -> list[Lowered]:
    """The limits that were lowered within `within` before `at`, most recent first."""
    found = [_lowered(history, column, at, within) for column in history.buckets().values()]
    recent = [limit for limit in found if limit is not None and at - limit.at <= within]
    return sorted(recent, key=lambda limit: limit.at, reverse=True)


def _lowered(history: History, column: Bucket, at: datetime, within: timedelta) -> Lowered | None:
    """The last change of a limit, if it was lowered then; it may have been before the span."""
    end = column.count_until(at.timestamp())
    start = max(column.index_at((at - within).timestamp()) - _STEADY, 0)
    return history.cached(
        ("lowered", column.name), (column.version, start, end), lambda: _last_change(column, start, end)
    )


def _last_change(column: Bucket, start: int, end: int) -> Lowered | None:
    if not end:
        return None
    newest = column.values[end - 1]
    limits: list[tuple[int, datetime]] = []
    now = column.reading(newest).limit or 0
    higher = 0
    for by in reversed(column.values[start:end]):
        if by.model != newest.model:
            continue
        limits.append((column.reading(by).limit or 0, by.at))
        higher = higher + 1 if limits[-1][0] > now else 0
        if higher == _STEADY:
            break
    since = next((place for place, (limit, _) in enumerate(limits) if limit != now), None)
    if since is None:
        return None
    earlier, begun = limits[since : since + _STEADY], limits[since - 1][1]
    steady = len(earlier) == _STEADY and len({limit for limit, _ in earlier}) == 1
    if not steady or earlier[0][0] <= now:
        return None
    return Lowered(column.name, earlier[0][0], now, begun)
