"""Groups as alerts of an Alertmanager.

Source: Alertmanager's API v2 (`POST /api/v2/alerts`). It forgets an alert at its `endsAt`, so what goes on
is sent again before that, and what is over is sent with the instant at which it ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from claude_tui.alerting.delivery.http import JsonPoster
from claude_tui.alerting.delivery.tries import Patience, Tried, persistently
from claude_tui.alerting.lifecycle import RESOLVED_RETENTION
from claude_tui.alerting.routes import Route
from claude_tui.model.alert import AlertGroup, SeveritySpell
from claude_tui.model.verdict import Severity, Side

__all__ = ["RESEND", "Alertmanager", "alerts_of", "trial_alert"]

RESEND = timedelta(minutes=1)
"""How often what goes on is sent again. Prometheus does the same."""

EXPIRY = 4 * RESEND
_PATH = "/api/v2/alerts"


class Alertmanager:
    """Sends the alerts of one route."""

    def __init__(self, route: Route, poster: JsonPoster, patience: Patience) -> None:
        base = route.url.rstrip("/")
        self._url = base if base.endswith(_PATH) else base + _PATH
        self._poster = poster
        self._patience = patience

    async def push(self, alerts: Sequence[dict[str, object]]) -> Tried:
        async def once() -> None:
            await self._poster.post(self._url, list(alerts))

        return await persistently(once, self._patience)

    async def aclose(self) -> None:
        await self._poster.aclose()


def alerts_of(groups: Iterable[AlertGroup], at: datetime, target: str) -> list[dict[str, object]]:
    """One alert per group and severity that it had; those that ended more than 15 minutes ago are left out.

    The labels are the identity and never change: a new severity is another alert, and ends the one before.
    """
    return [
        _alert(group, spell, at, target)
        for group in groups
        for spell in _told(group)
        if spell.until is None or at - spell.until <= RESOLVED_RETENTION
    ]


def _told(group: AlertGroup) -> Iterator[SeveritySpell]:
    """The spells of a group, the newest of each severity; the last one ends when the group does."""
    newest: dict[Severity, SeveritySpell] = {}
    for spell in group.spells:
        newest[spell.severity] = spell
    for spell in newest.values():
        ends = group.closed_at if spell.until is None else spell.until
        yield SeveritySpell(spell.severity, spell.since, ends)


def _alert(group: AlertGroup, spell: SeveritySpell, at: datetime, target: str) -> dict[str, object]:
    story = group.story
    return {
        "labels": {
            "alertname": "Claude"
            + "".join(word.title() for word in group.dedup_key.replace("-", "_").split("_")),
            "topic": group.dedup_key,
            "severity": spell.severity.value,
            "target": target,
            "source": "claude-top",
        },
        "annotations": {
            "summary": story.what,
            "description": "\n".join(story.evidence),
            "cause": story.cause,
            "side": story.side.value,
            "since": story.since.isoformat(),
            "next_step": story.next_step,
            "rules": ", ".join(group.alerts),
        },
        "startsAt": spell.since.isoformat(),
        "endsAt": (spell.until or at + EXPIRY).isoformat(),
    }


def _name(key: str) -> str:
    """`rate_limited` as Prometheus would name it: `ClaudeRateLimited`."""
    return "Claude" + "".join(word.title() for word in re.split("[-_]", key))


def trial_alert(at: datetime, target: str) -> dict[str, object]:
    """An alert that ends by itself a minute later."""
    return {
        "labels": {"alertname": "ClaudeTopTest", "target": target, "source": "claude-top"},
        "annotations": {"summary": "A test of claude-top: nothing is wrong.", "side": Side.NONE.value},
        "startsAt": at.isoformat(),
        "endsAt": (at + RESEND).isoformat(),
    }
