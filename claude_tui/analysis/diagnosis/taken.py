"""Who has taken on the problem that a verdict reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.verdict import Severity, Taken, Verdict

__all__ = ["with_claim"]


def with_claim(verdict: Verdict, requests: Iterable[ActionRequest], at: datetime) -> Verdict:
    """The verdict with the newest claim on its problem. A claim ends with the problem it was made for."""
    since = verdict.since
    if since is None or not verdict.severity.trouble:
        return verdict
    found = (
        request
        for request in requests
        if request.action is RequestedAction.TAKE and since <= request.at <= at
    )
    newest = max(found, key=lambda request: request.at, default=None)
    if newest is None:
        return verdict
    taken = Taken(newest.by, newest.host, newest.text, newest.at, _severity(newest.subject))
    return replace(verdict, taken=taken)


def _severity(word: str) -> Severity:
    """The severity of that name.

    An unknown one, from a later version, counts as the mildest, so that what follows is news.
    """
    return Severity(word) if word in set(Severity) else Severity.P4
