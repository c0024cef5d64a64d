"""What the status page reports about the components you use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.page_changes import component_level, incident_level, under_way
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.platforms import for_platform, platform_at
from claude_tui.model.gateway import Platform
from claude_tui.model.observation import Source
from claude_tui.model.provider import Component, Maintenance, ProviderIncident, ProviderStatus, is_ours
from claude_tui.model.snapshot import Level, StatusView

__all__ = ["ours_of", "page_level", "status_view", "touches"]

# What titles of incidents without components are about. Words for the API win: "Console and API errors".
_API = re.compile(r"\bapi\b|\bmodels?\b|\binference\b|\b(?:opus|sonnet|haiku|fable)\b", re.IGNORECASE)
_NOT_THE_API = re.compile(
    r"\b(?:billing|invoices?|payments?|purchases?|subscriptions?|checkout|log[ -]?ins?|log(?:ging)? in|"
    r"sign[ -]?(?:in|up)s?|sso|mobile|ios|android|app stores?|google play|play store|claude\.ai|"
    r"claude (?:app|desktop|cowork|code|for government)|cowork|console|desktop|emails?|help cent(?:er|re)|"
    r"claude (?:in|for) (?:chrome|excel|slack|powerpoint|word|outlook|office|microsoft|google)|connectors?|"
    r"support (?:site|chat)|voice|artifacts)\b",
    re.IGNORECASE,
)
_WORSE = (Level.OK, Level.INFO, Level.WARN, Level.BAD)


def ours_of(status: ProviderStatus, ours: Sequence[str]) -> frozenset[str]:
    """The ids of the components in `ours`."""
    return _ids(status.components, tuple(ours))


@lru_cache(maxsize=16)
def _ids(components: Sequence[Component], ours: Sequence[str]) -> frozenset[str]:
    """Cached, as successive reports have the same components, and a diagnosis looks at many."""
    return frozenset(component.id for component in components if is_ours(component, ours))


def touches(entry: ProviderIncident | Maintenance, ours: frozenset[str]) -> bool:
    """Whether it affects one of our components; one that names no component counts by its title."""
    return concerns_the_api(entry.name) if not entry.components else not ours.isdisjoint(entry.components)


def concerns_the_api(title: str) -> bool:
    """Whether a title may be about the API. Billing, logins, mobile stores and claude.ai are not."""
    return _API.search(title) is not None or _NOT_THE_API.search(title) is None


def status_view(history: History, at: datetime, options: Options) -> StatusView:
    """The newest report at `at`, rated by our components alone."""
    status = history.status_at(at)
    known = history.known_status_at(at)
    attempt = history.latest(Source.STATUS, at)
    read = [instant for instant in (_read_at(history, at), known.fetched_at if known else None) if instant]
    read_at = max(read, default=None)
    checked = [
        instant
        for instant in (attempt.at if attempt else None, status.fetched_at if status else None)
        if instant
    ]
    checked_at = max(checked, default=None)
    stale = checked_at is not None and (at - checked_at).total_seconds() > options.stale_after_s(
        Source.STATUS
    )
    platform = platform_at(history, at)
    ours, level, concerning = history.cached(
        "page", (status, options.ours, platform), lambda: _rated(status, options.ours, platform)
    )
    if stale:
        level = Level.UNKNOWN
    return StatusView(
        status=status,
        ours=ours,
        checked_at=checked_at,
        read_at=read_at,
        level=level,
        concerning=concerning,
        stale=stale,
    )


def _rated(
    status: ProviderStatus | None, named: Sequence[str], platform: Platform | None
) -> tuple[frozenset[str], Level, frozenset[str]]:
    """Our components, their level in that report, and the incidents that concern us."""
    if status is None:
        return frozenset(), Level.UNKNOWN, frozenset()
    ours = ours_of(status, named)
    our_status = for_platform(status, platform)
    return (
        ours,
        page_level(our_status, ours),
        frozenset(incident.id for incident in our_status.incidents if touches(incident, ours)),
    )


def _read_at(history: History, at: datetime) -> datetime | None:
    success = history.last_success(Source.STATUS, at)
    return success.at if success is not None else None


def page_level(status: ProviderStatus, ours: frozenset[str]) -> Level:
    """The status of the components `ours` in that report."""
    if not status.known:
        return Level.UNKNOWN
    if not ours:
        # A page that lists none of our components says nothing about them, but its problem may concern us.
        return Level.UNKNOWN if status.indicator in {None, "none"} else Level.WARN
    return max((Level.OK, *_levels(status, ours)), key=_WORSE.index)


def _levels(status: ProviderStatus, ours: frozenset[str]) -> Iterator[Level]:
    for component in status.components:
        if component.id in ours:
            yield component_level(component.status)
    for incident in status.incidents:
        if touches(incident, ours):
            yield incident_level(incident)
    for maintenance in status.maintenances:
        if under_way(maintenance) and touches(maintenance, ours):
            yield Level.INFO
