"""Attributes that senders no longer report, as after an upgrade of an instrumentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.format import clock_minute
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, CallEnd
from claude_tui.traffic.otlp.mapping import Kind

__all__ = ["AbsentAttributes"]

# After so many responses without it, an attribute is not missing by chance.
_LEAST_ANSWERS = 5
_MOST_ATTRIBUTES = 100


@dataclass(slots=True)
class _Reports:
    last_at: datetime | None = None
    """The last call with the attribute; None if there was none."""
    answers_since: int = 0
    """Successful calls without it since then."""


class AbsentAttributes:
    """Watches the successful calls of each application and kind of sender.

    One thread calls `note`; any thread may call `sentences`.
    """

    def __init__(self) -> None:
        self._reports: dict[tuple[str, str, str], _Reports] = {}

    def note(self, call: Call, kind: Kind, now: datetime) -> None:
        """Records the attributes of a call. Failed and incomplete calls may lack any, and do not count."""
        if call.outcome is not Outcome.OK or call.end is not CallEnd.COMPLETE or not kind.attributes:
            return
        present = {
            "tokens": call.tokens is not None,
            "time to first token": call.first_token_s is not None,
            "request id": call.request_id is not None,
        }
        for attribute in kind.attributes:
            key = (call.application, kind.name, attribute)
            reports = self._reports.get(key)
            if reports is None:
                if len(self._reports) >= _MOST_ATTRIBUTES:
                    continue
                # A copy, so that another thread can iterate over the old one.
                reports = _Reports()
                self._reports = {**self._reports, key: reports}
            if present[attribute]:
                reports.last_at, reports.answers_since = now, 0
            else:
                reports.answers_since += 1

    def sentences(self) -> Iterator[str]:
        """A sentence for each attribute that is absent."""
        for (application, kind, attribute), reports in self._reports.items():
            if reports.answers_since >= _LEAST_ANSWERS:
                since = f"since {clock_minute(reports.last_at)} UTC" if reports.last_at else "so far"
                yield f"{kind} of {application}: {attribute} absent {since}"
