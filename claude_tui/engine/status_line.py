"""Keeps the figures of `claude-top statusline` in the store, as the command has no time to compute them.

It is a copy for display and not part of the record, so it is replaced in place.
"""

from __future__ import annotations

from datetime import datetime

from claude_tui.model.snapshot import HeadroomView, Snapshot
from claude_tui.model.status_line import GOOD_FOR_S, KEPT_AS, StatusLine, encode
from claude_tui.model.text import inert
from claude_tui.store import Store

__all__ = ["StatusLineKeeper", "status_line_of"]

# A changed verdict is stored at once, other changes at most this often.
_FIGURES_EVERY_S = 5.0
# Unchanged figures are stored again, so that their age shows whether the collector works.
_AGAIN_AFTER_S = GOOD_FOR_S / 3
_NAME_LENGTH = 40


class StatusLineKeeper:
    """The status line of one collector."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: StatusLine | None = None
        self._noted: StatusLine | None = None

    def note(self, snapshot: Snapshot) -> None:
        """Stores the figures of this instant, if that is due."""
        line = self._noted = status_line_of(snapshot)
        if self._would_keep(line):
            self._kept = line
            self._store.keep(KEPT_AS, encode(line))

    def is_due(self, at: datetime) -> bool:
        """Whether the figures noted last should be stored then."""
        return self._noted is None or self._would_keep(self._noted._replace(at=_seconds(at)))

    def _would_keep(self, line: StatusLine) -> bool:
        kept = self._kept
        if kept is None or _verdict(kept) != _verdict(line):
            return True
        # Also if the clock was set back.
        passed = abs(line.at - kept.at)
        changed = line._replace(at=kept.at) != kept
        return passed >= (_FIGURES_EVERY_S if changed else _AGAIN_AFTER_S)


def _verdict(line: StatusLine) -> tuple[str, ...]:
    return line.severity, line.side, line.cause, line.stage


def status_line_of(snapshot: Snapshot) -> StatusLine:
    """The figures at the instant of `snapshot`."""
    verdict, traffic = snapshot.verdict, snapshot.traffic
    bucket, left = _tightest(snapshot.headroom)
    return StatusLine(
        at=_seconds(snapshot.at),
        name=inert(snapshot.engine.target.name, _NAME_LENGTH),
        severity=verdict.severity.value,
        side=verdict.side.value,
        cause=verdict.cause.value,
        since=None if verdict.since is None else _seconds(verdict.since),
        stage="checking" if verdict.checking else "recovering" if verdict.recovery is not None else "",
        bucket=inert(bucket, _NAME_LENGTH),
        left=left,
        failing=None if traffic is None or traffic.all.failing is None else round(traffic.all.failing, 4),
    )


def _tightest(view: HeadroomView) -> tuple[str, float | None]:
    """The limit or window with the least left, among those with a current reading."""
    left = [
        (bucket.fraction, bucket.bucket) for bucket in view.buckets if bucket.granted and not bucket.stale
    ]
    left += [
        (min(max(1 - window.used, 0.0), 1.0), window.window) for window in view.windows if not window.stale
    ]
    if not left:
        return "", None
    share, name = min(left)
    return name, round(share, 3)


def _seconds(instant: datetime) -> float:
    return round(instant.timestamp(), 1)
