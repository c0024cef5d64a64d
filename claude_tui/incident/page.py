"""What the status page said during an incident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from claude_tui.analysis.diagnosis.status_page import BELONGS, page_report_at
from claude_tui.analysis.history.history import API_SOURCES, History
from claude_tui.analysis.history.page_changes import incident_level, next_status
from claude_tui.analysis.views.platforms import of_other_platforms
from claude_tui.analysis.views.status import ours_of, status_view, touches
from claude_tui.incident.values import Record
from claude_tui.model.format import plain
from claude_tui.model.gateway import Platform, platform_of
from claude_tui.model.observation import Source
from claude_tui.model.provider import IncidentUpdate, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import Level

__all__ = ["PageChange", "first_report", "page_changes"]

_INCIDENT_KEY = "status:incident:"


@dataclass(frozen=True, slots=True)
class PageChange:
    """One change of the page, or one of its updates."""

    key: str
    posted_at: datetime
    """By the page's own clock, if it gives a plausible time."""
    read_at: datetime
    level: Level
    text: str
    """What changed; for an update, its status and the name of its incident."""
    words: str = ""
    """The update itself."""


def page_changes(record: Record) -> Iterator[PageChange]:
    """The changes from report to report, with the updates' texts; the report at the start is not a change."""
    known: ProviderStatus | None = None
    previous: ProviderStatus | None = None
    for status in record.statuses:
        ours = ours_of(status, record.options.ours)
        if status.known:
            yield from _posts(known, status, ours, record)
        known, found = next_status(known, previous, status)
        for change in found:
            # Updates are listed above, in their own words.
            if not _is_post(change.event.key, status):
                level = change.event.level if _is_ours(change.about, status, ours) else Level.INFO
                yield PageChange(change.event.key, change.event.at, change.event.at, level, change.event.text)
        previous = status


def _is_post(key: str, status: ProviderStatus) -> bool:
    named = key.removeprefix(_INCIDENT_KEY)
    return named != key and any(named.startswith(f"{incident.id}:") for incident in status.incidents)


def _is_ours(about: frozenset[str] | None, status: ProviderStatus, ours: frozenset[str]) -> bool:
    return about is None or not ours.isdisjoint(about) or not ours_named(status, ours).isdisjoint(about)


def ours_named(status: ProviderStatus, ours: frozenset[str]) -> frozenset[str]:
    return frozenset(component.name for component in status.components if component.id in ours)


def _posts(
    known: ProviderStatus | None, status: ProviderStatus, ours: frozenset[str], record: Record
) -> Iterator[PageChange]:
    before = {old.id: old for old in known.incidents} if known is not None else {}
    elsewhere = of_other_platforms(status, _platform_of(record))
    for incident in status.incidents:
        ours_too = touches(incident, ours) and incident not in elsewhere
        level = incident_level(incident) if ours_too else Level.INFO
        was = before.get(incident.id)
        posts = _new_posts(was, incident, record.span.start if known is None else None)
        for post in posts:
            posted_at = post.at if post.at is not None and post.at <= status.fetched_at else status.fetched_at
            key = f"{_INCIDENT_KEY}{incident.id}:{posted_at.isoformat()}"
            text = f"{plain(post.status)}: {incident.name}"
            yield PageChange(key, posted_at, status.fetched_at, level, text, post.body)
        if not posts and known is not None and (was is None or was.status != incident.status):
            key = f"{_INCIDENT_KEY}{incident.id}:{status.fetched_at.isoformat()}"
            text = f"{plain(incident.status)}: {incident.name}"
            yield PageChange(key, status.fetched_at, status.fetched_at, level, text)


def _platform_of(record: Record) -> Platform | None:
    targets = (
        observation.target
        for observation in reversed(record.observations)
        if observation.source in API_SOURCES
    )
    newest = next(targets, None)
    return None if newest is None else platform_of(newest)


def _new_posts(
    was: ProviderIncident | None, incident: ProviderIncident, since: datetime | None
) -> list[IncidentUpdate]:
    """The updates that the previous report did not have, oldest first; with `since`, those from then on."""
    known = was.updates if was is not None else ()
    new = [update for update in reversed(incident.updates) if update not in known]
    return [update for update in new if since is None or (update.at is not None and update.at >= since)]


def first_report(record: Record, started: datetime, end: datetime) -> datetime | None:
    """When the page first reported a problem with what we use; None if it had not by the end.

    By the same rules as the verdict's: a report from more than two hours before the start belongs to another
    incident.
    """
    history = History()
    looks = (
        observation
        for observation in record.observations
        if observation.source in {Source.STATUS, *API_SOURCES}
    )
    history.extend(looks, record.statuses)
    for status in record.statuses:
        at = max(status.fetched_at, started)
        if at > end or not status.known:
            continue
        spoke_at = page_report_at(
            history, status_view(history, at, record.options), at, record.options
        ).spoke_at
        if spoke_at is not None and spoke_at >= started - BELONGS:
            return spoke_at
    return None
