"""What senders tell of their calls, and since when they do not: attributes vanish with a new version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.format import clock_minute
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, CallEnd
from claude_tui.traffic.otlp.mapping import Kind

__all__ = ["Telling"]

# After so many answers without it, it is not by chance that something is missing.
_LEAST_ANSWERS = 5
_MOST_SENDERS = 100


@dataclass(slots=True)
class _Told:
    last_at: datetime | None = None
    answers_since: int = 0


class Telling:
    """Watches the successful calls of each application and kind of sender. `said` in any thread."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str, str], _Told] = {}

    def heard(self, call: Call, kind: Kind, now: datetime) -> None:
        if call.outcome is not Outcome.OK or call.end is not CallEnd.COMPLETE or not kind.tells:
            return
        has = {
            "tokens": call.tokens is not None,
            "time to first token": call.first_token_s is not None,
            "request id": call.request_id is not None,
        }
        for what in kind.tells:
            key = (call.application, kind.name, what)
            told = self._told.get(key)
            if told is None:
                if len(self._told) >= _MOST_SENDERS:
                    continue
                # A copy, so that another thread may go through the old one.
                told = _Told()
                self._told = {**self._told, key: told}
            if has[what]:
                told.last_at, told.answers_since = now, 0
            else:
                told.answers_since += 1

    def said(self) -> Iterator[str]:
        """A sentence for each attribute that is absent."""
        for (application, kind, what), told in self._told.items():
            if told.answers_since >= _LEAST_ANSWERS:
                since = f"since {clock_minute(told.last_at)} UTC" if told.last_at is not None else "so far"
                yield f"{kind} of {application}: {what} absent {since}"
