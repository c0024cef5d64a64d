"""Compares what the status page says with what the probes measure, and which came first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.page_changes import component_level, incident_level, short_name, under_way
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.platforms import for_platform, of_other_platforms, platform_at
from claude_tui.analysis.views.status import ours_of, touches
from claude_tui.model.format import duration, plain
from claude_tui.model.provider import ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import Level, StatusView
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, PageAgreement

__all__ = [
    "PageReport",
    "agreement_of",
    "has_reported_since",
    "page_clause",
    "page_lead",
    "page_report_at",
]

# A report about the path to the API confirms that the path is at fault.
_ON_THE_WAY = re.compile(r"connectivity|\bregions?\b|regional|network|routing|\bdns\b", re.IGNORECASE)
_TROUBLED = frozenset({Level.WARN, Level.BAD})
_BEGUN = frozenset({"investigating", "identified"})
# An incident without updates for a day, while all components are green, was left open by mistake.
FORGOTTEN = timedelta(hours=24)
# A report more than two hours before the first failure belongs to another incident.
BELONGS = timedelta(hours=2)
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
# Whether a reading reports a problem, and the incidents in it.
_Report = Callable[[ProviderStatus, frozenset[str], datetime], tuple[bool, list[ProviderIncident]]]


@dataclass(frozen=True, slots=True)
class PageReport:
    """What the page reports about our components at an instant."""

    known: bool
    """False if the page could not be read recently, or lists none of our components."""
    reports: tuple[str, ...] = ()
    """The reported problem with our components; empty without one."""
    active: bool = False
    """Whether more is reported than an incident that is being monitored after its fix."""
    others: tuple[str, ...] = ()
    """The reported problem with other components or platforms; empty without one."""
    first_at: datetime | None = None
    """When the page first reported what is in `reports`."""
    unrated: tuple[str, ...] = ()
    """Incidents with our components that are being worked on and have no impact stated yet."""
    spoke_at: datetime | None = None
    """When the page first reported what is in `reports` or `unrated`."""
    stage: str = ""
    """The phase of the newest open incident while our components are green; empty otherwise."""

    @property
    def troubled(self) -> bool:
        return bool(self.reports)


def page_report_at(history: History, view: StatusView, at: datetime, options: Options) -> PageReport:
    """The report at `at`; pass `view` if `status_view` has already been computed for it."""
    status = view.status
    if status is None or not status.known or view.stale:
        return PageReport(known=False)
    if not view.ours:
        words = (truncate(status.description or "trouble"),) if view.level in _TROUBLED else ()
        return PageReport(known=False, others=words)
    platform = platform_at(history, at)
    elsewhere = _incident_words(of_other_platforms(status, platform))
    status = for_platform(status, platform)
    reports = tuple(_reports(status, view.ours, at))
    unrated = tuple(_unrated_words(status, view.ours, at))
    return PageReport(
        known=True,
        reports=reports,
        active=_is_active(status, view.ours, at),
        others=(*elsewhere, *_others(status, view.ours)),
        first_at=_first_at(history, status, at, options, _reported) if reports else None,
        unrated=unrated,
        spoke_at=_first_at(history, status, at, options, _reported_or_unrated)
        if reports or unrated
        else None,
        stage=_stage(status, view.ours, at),
    )


def agreement_of(report: PageReport, cause: Cause, *, provider_fails: bool) -> PageAgreement:
    """Whether page and probes agree that the provider has a problem.

    If the cause is unknown, a quiet page is `silent`: it does not show that all is well.
    """
    if not report.known:
        return PageAgreement.UNKNOWN
    if provider_fails:
        return PageAgreement.CONFIRMS if report.troubled else PageAgreement.SILENT
    if report.active and cause is Cause.NETWORK and any(_ON_THE_WAY.search(text) for text in report.reports):
        return PageAgreement.CONFIRMS
    if report.active:
        return PageAgreement.CONTRADICTS
    return PageAgreement.SILENT if cause is Cause.UNKNOWN else PageAgreement.AGREES


def _reports(status: ProviderStatus, ours: frozenset[str], at: datetime) -> Iterator[str]:
    for component in status.components:
        if component.id in ours and component_level(component.status) is not Level.OK:
            yield truncate(f"{short_name(component)} {plain(component.status)}")
    yield from _incident_words(_incidents(status, ours, at))
    for maintenance in status.maintenances:
        if under_way(maintenance) and touches(maintenance, ours):
            yield truncate(f"maintenance: {maintenance.name}")


def _incident_words(incidents: Iterable[ProviderIncident]) -> Iterator[str]:
    return (truncate(f"{plain(incident.status)}: {incident.name}") for incident in incidents)


def _incidents(status: ProviderStatus, ours: frozenset[str], at: datetime) -> Iterator[ProviderIncident]:
    """Open incidents that affect our components and have an impact."""
    touching = (one for one in status.incidents if touches(one, ours) and incident_level(one) in _TROUBLED)
    return _without_forgotten(touching, status, ours, at)


def _unrated(status: ProviderStatus, ours: frozenset[str], at: datetime) -> Iterator[ProviderIncident]:
    """Our incidents being worked on with impact `none`: often the first report of a real one."""
    touching = (one for one in status.incidents if touches(one, ours) and one.status in _BEGUN)
    return _without_forgotten((one for one in touching if one.impact == "none"), status, ours, at)


def _unrated_words(status: ProviderStatus, ours: frozenset[str], at: datetime) -> Iterator[str]:
    for incident in _unrated(status, ours, at):
        yield truncate(f"{plain(incident.status)}: {incident.name} (impact none)")


def _without_forgotten(
    incidents: Iterable[ProviderIncident], status: ProviderStatus, ours: frozenset[str], at: datetime
) -> Iterator[ProviderIncident]:
    green = _is_green(status, ours)
    for incident in incidents:
        newest = max(_instants(incident, at), default=None)
        if not (green and newest is not None and at - newest > FORGOTTEN):
            yield incident


def _instants(incident: ProviderIncident, at: datetime) -> list[datetime]:
    """When the page wrote about an incident.

    Instants in the future are mistakes on the page and are ignored.
    """
    instants = [incident.started_at, *(update.at for update in incident.updates)]
    return [instant for instant in instants if instant is not None and instant <= at]


def _is_active(status: ProviderStatus, ours: frozenset[str], at: datetime) -> bool:
    """Whether a problem is ongoing. Incidents end with hours of `monitoring` while components are green."""
    if any(component_level(one.status) in _TROUBLED for one in status.components if one.id in ours):
        return True
    return any(incident.status != "monitoring" for incident in _incidents(status, ours, at))


def _stage(status: ProviderStatus, ours: frozenset[str], at: datetime) -> str:
    if not _is_green(status, ours):
        return ""
    return next((truncate(plain(incident.status)) for incident in _incidents(status, ours, at)), "")


def _is_green(status: ProviderStatus, ours: frozenset[str]) -> bool:
    return all(component_level(one.status) is Level.OK for one in status.components if one.id in ours)


def _others(status: ProviderStatus, ours: frozenset[str]) -> Iterator[str]:
    for component in status.components:
        if component.id not in ours and component_level(component.status) in _TROUBLED:
            yield truncate(f"{short_name(component)} {plain(component.status)}")


def _reported(
    status: ProviderStatus, ours: frozenset[str], at: datetime
) -> tuple[bool, list[ProviderIncident]]:
    return any(_reports(status, ours, at)), list(_incidents(status, ours, at))


def _reported_or_unrated(
    status: ProviderStatus, ours: frozenset[str], at: datetime
) -> tuple[bool, list[ProviderIncident]]:
    reported, incidents = _reported(status, ours, at)
    unrated = list(_unrated(status, ours, at))
    return reported or bool(unrated), incidents + unrated


def has_reported_since(history: History, since: datetime, at: datetime, options: Options) -> bool:
    """Whether any reading since `since` had a problem with our components."""
    platform, compared = platform_at(history, at), None
    for reading in reversed(history.statuses(since, at)):
        if not reading.known or reading.components is compared:
            continue
        compared = reading.components
        concerning = for_platform(reading, platform)
        if any(_reports(concerning, ours_of(concerning, options.ours), reading.fetched_at)):
            return True
    return False


def _first_at(
    history: History, status: ProviderStatus, at: datetime, options: Options, report: _Report
) -> datetime:
    """When a reading first had the current problem, or when the page says it was reported, if earlier.

    The page's own instants count only after the last quiet reading, if there is one, as they are sometimes
    years off.
    """
    first, quiet_at, platform = status.fetched_at, None, platform_at(history, at)
    readings = history.statuses(_EARLIEST, at)
    end = len(readings)
    while end:
        newest = readings[end - 1]
        if not newest.known:
            end -= 1
            continue
        concerning = for_platform(newest, platform)
        reported, _ = report(concerning, ours_of(newest, options.ours), newest.fetched_at)
        if not reported:
            quiet_at = newest.fetched_at
            break
        end = _beginning(readings, end)
        first = readings[end].fetched_at
    _, incidents = report(status, ours_of(status, options.ours), at)
    instants = [
        instant
        for incident in incidents
        for instant in _instants(incident, at)
        if instant <= first and (quiet_at is None or instant >= quiet_at)
    ]
    return min(instants, default=first)


def _beginning(readings: Sequence[ProviderStatus], end: int) -> int:
    """The index of the first of the readings before `end` with the same, shared content."""
    content = readings[end - 1].components
    return bisect_left(range(end), True, key=lambda index: readings[index].components is content)


def page_lead(report: PageReport, since: datetime | None) -> timedelta | None:
    """How long the first failure preceded the page's first report; negative if the page was first."""
    if report.spoke_at is None or since is None or report.spoke_at < since - BELONGS:
        return None
    return report.spoke_at - since


def page_clause(report: PageReport, view: StatusView, at: datetime, *, with_others: bool = False) -> str:
    """What the page reports, in one short clause; `with_others` adds what it reports of other components."""
    if view.status is None:
        return "Status page not read yet"
    if not view.status.known:
        return f"Status page unknown: {truncate(view.status.unknown_reason or 'no reason given')}"
    if view.stale and view.checked_at is not None:
        return f"Status page last checked {duration(at - view.checked_at)} ago"
    if not report.known:
        return "Status page: none of its components is yours"
    if report.reports or report.unrated:
        return f"Status page: {'; '.join((*report.reports, *report.unrated)[:2])}"
    others = f", but {'; '.join(report.others[:2])}" if with_others and report.others else ""
    return f"Status page: no incident on your components{others}"
