"""Parses what an Atlassian Statuspage publishes at `/api/v2/summary.json`.

Pages change and contradict themselves, so everything but the indicator may be missing: lists may be null or
the text "[]", words are open sets, updates come in any order, and `updated_at` may be years off (it is not
used). But a page whose components or incidents are of another type is rejected as a whole: the unreadable
part may be our outage. incident.io publishes the same form, and one of its own at `/api/v1/summary`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from claude_tui.model.errors import ProbeError
from claude_tui.model.interning import interned
from claude_tui.model.provider import (
    Component,
    IncidentUpdate,
    Maintenance,
    ProviderIncident,
    ProviderStatus,
    is_ours,
)
from claude_tui.model.text import Redactor
from claude_tui.probes.instants import parse_instant

__all__ = ["NotASummaryError", "parse_summary"]

# A page may list data centres by the hundred. Beyond this number, only our components and those with problems
# are kept.
_MAX_COMPONENTS = 1_000
_MAX_NAMED = 200
_MAX_INCIDENTS = 200
_MAX_UPDATES = 50
_MAX_NAME = 300
_MAX_WORD = 60
_MAX_BODY = 5_000
_FINISHED = frozenset(
    {"resolved", "postmortem", "completed", "maintenance_complete", "maintenance_completed"}
)
# The status of a component that only an incident names.
UNLISTED = "unlisted"
_EARLIEST = datetime.min.replace(tzinfo=UTC)

_Object = Mapping[str, object]


class NotASummaryError(ProbeError):
    """JSON that is not a status page's; the message says what was expected and what was found."""


def parse_summary(
    data: object,
    *,
    fetched_at: datetime,
    source: str,
    redactor: Redactor,
    host: str = "",
    ours: Sequence[str] = (),
) -> ProviderStatus:
    """The status in a decoded `summary.json`, or in a `status.json`, which has no components.

    The components in `ours` come first. Incidents and maintenances that are over are left out; updates come
    newest first. Raises NotASummaryError if there is no indicator, or if a list is malformed.
    """
    if not isinstance(data, dict):
        raise NotASummaryError(f"expected a JSON object, got {_kind(data)}")
    data = _statuspage_form(data)
    status = data.get("status")
    if not isinstance(status, dict):
        raise NotASummaryError(f"expected an object under status, got {_kind(status)}")
    page = _Page(redactor)
    indicator = page.word(status, "indicator")
    if indicator is None:
        raise NotASummaryError(
            f"expected a word under status.indicator, got {_kind(status.get('indicator'))}"
        )
    posted = page.listed(data, "incidents")[:_MAX_INCIDENTS]
    planned = page.listed(data, "scheduled_maintenances")[:_MAX_INCIDENTS]
    components = page.components(data)
    components = _ours_first((*components, *page.unlisted((*posted, *planned), components)), ours)
    incidents = [page.incident(entry, components) for entry in posted]
    maintenances = [page.maintenance(entry, components) for entry in planned]
    return ProviderStatus(
        fetched_at=fetched_at,
        source=source,
        indicator=indicator,
        description=page.text(status, "description", _MAX_NAME),
        components=components,
        incidents=tuple(incident for incident in incidents if incident.status not in _FINISHED),
        maintenances=tuple(
            maintenance for maintenance in maintenances if maintenance.status not in _FINISHED
        ),
        host=host,
    )


class _Page:
    """Reads fields by name, cleaning every text with one redactor."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def objects(self, parent: _Object, key: str, limit: int | None = None) -> list[_Object]:
        items = parent.get(key)
        found: list[_Object] = []
        if isinstance(items, list):
            found.extend(item for item in items if isinstance(item, dict))
        return found[:limit]

    def listed(self, parent: _Object, key: str) -> list[_Object]:
        """The objects of a list on which the verdict rests. Raises NotASummaryError for anything else."""
        items = parent.get(key)
        if items is None or items == "[]":
            return []
        if not isinstance(items, list):
            raise NotASummaryError(f"expected a list under {key}, got {_kind(items)}")
        for item in items:
            if not isinstance(item, dict):
                raise NotASummaryError(f"expected only objects under {key}, got {_kind(item)}")
        return items

    def text(self, parent: _Object, key: str, limit: int, *, keep_newlines: bool = False) -> str | None:
        value = parent.get(key)
        if not isinstance(value, str) or not value.strip():
            return None
        # The same object for each reading of the page, as a day of readings is kept.
        return sys.intern(self._redactor.clean(value.strip(), limit, keep_newlines=keep_newlines))

    def word(self, parent: _Object, key: str) -> str | None:
        found = self.text(parent, key, _MAX_WORD)
        return sys.intern(found.lower()) if found else None

    def components(self, data: _Object) -> tuple[Component, ...]:
        items = self.listed(data, "components")
        groups = {item["id"]: item.get("name") for item in items if isinstance(item.get("id"), str)}
        found = []
        for item in items:
            component = self._component(item, "unknown")
            if component is None:
                raise NotASummaryError(f"a component without a name or an id: {sorted(item)[:5]}")
            group = item.get("group_id")
            group_name = groups.get(group) if isinstance(group, str) else None
            name = self.text({"name": group_name or group}, "name", _MAX_NAME)
            found.append(interned(replace(component, group=name or "")))
        return tuple(found)

    def _component(self, item: _Object, status: str) -> Component | None:
        component_id, name = self.text(item, "id", _MAX_WORD), self.text(item, "name", _MAX_NAME)
        if not (component_id or name):
            return None
        return Component(
            component_id or name or "", name or component_id or "", self.word(item, "status") or status
        )

    def unlisted(self, entries: Sequence[_Object], listed: Sequence[Component]) -> tuple[Component, ...]:
        """The components that incidents and maintenances name although the page does not list them."""
        known = {component.id for component in listed} | {component.name for component in listed}
        named = [
            self._component({"id": item.get("code"), **item}, UNLISTED)
            for entry in entries
            for parent, key in (
                (entry, "components"),
                *((update, "affected_components") for update in self.objects(entry, "incident_updates")),
            )
            for item in self.objects(parent, key, _MAX_NAMED)
        ]
        new = {
            component.id: component
            for component in named
            if component is not None and component.id not in known and component.name not in known
        }
        return tuple(new.values())[:_MAX_NAMED]

    def incident(self, item: _Object, components: tuple[Component, ...]) -> ProviderIncident:
        name = self.text(item, "name", _MAX_NAME) or "(no title)"
        return ProviderIncident(
            id=self.text(item, "id", _MAX_WORD) or name,
            name=name,
            status=self.word(item, "status") or "unknown",
            impact=self.word(item, "impact") or "unknown",
            started_at=parse_instant(item.get("started_at")) or parse_instant(item.get("created_at")),
            components=self._affected(item, components),
            updates=self._updates(item),
        )

    def maintenance(self, item: _Object, components: tuple[Component, ...]) -> Maintenance:
        name = self.text(item, "name", _MAX_NAME) or "(no title)"
        return Maintenance(
            id=self.text(item, "id", _MAX_WORD) or name,
            name=name,
            status=self.word(item, "status") or "unknown",
            starts_at=parse_instant(item.get("scheduled_for")),
            ends_at=parse_instant(item.get("scheduled_until")),
            components=self._affected(item, components),
        )

    def _updates(self, item: _Object) -> tuple[IncidentUpdate, ...]:
        updates = [(_update_instant(update), update) for update in self.objects(item, "incident_updates")]
        newest_first = sorted(updates, key=lambda pair: pair[0] or _EARLIEST, reverse=True)
        return tuple(
            IncidentUpdate(
                at=instant,
                status=self.word(update, "status") or "unknown",
                body=self.text(update, "body", _MAX_BODY, keep_newlines=True) or "",
            )
            for instant, update in newest_first[:_MAX_UPDATES]
        )

    def _affected(self, item: _Object, components: tuple[Component, ...]) -> tuple[str, ...]:
        """Ids of the components named by the incident; if it names none, by its updates."""
        ids = {component.name: component.id for component in components}
        named = [*self._named(item, "components", "id", ids)]
        if not named:
            updates = self.objects(item, "incident_updates")[:_MAX_UPDATES]
            named = [
                component
                for update in updates
                for component in self._named(update, "affected_components", "code", ids)
            ]
        return tuple(dict.fromkeys(named))

    def _named(self, parent: _Object, key: str, id_key: str, ids: Mapping[str, str]) -> Iterator[str]:
        for item in self.objects(parent, key, _MAX_NAMED):
            name = self.text(item, "name", _MAX_NAME)
            named = self.text(item, id_key, _MAX_WORD) or ids.get(name or "", name)
            if named:
                yield named


def _ours_first(components: Sequence[Component], ours: Sequence[str]) -> tuple[Component, ...]:
    """Our components, then the others in the page's order; of very many, only those with problems."""
    mine = [component for component in components if is_ours(component, ours)]
    ids = {component.id for component in mine}
    others = [component for component in components if component.id not in ids]
    if len(components) > _MAX_COMPONENTS:
        others = [component for component in others if component.status != "operational"]
    return tuple([*mine, *others][:_MAX_COMPONENTS])


def _statuspage_form(data: _Object) -> _Object:
    """incident.io's own format converted to Statuspage's; anything else unchanged."""
    if "ongoing_incidents" not in data or "status" in data:
        return data
    page = _Page(Redactor())
    ongoing = page.listed(data, "ongoing_incidents")
    begun = page.listed(data, "in_progress_maintenances")
    planned = page.listed(data, "scheduled_maintenances")
    worst = [str(incident.get("current_worst_impact") or "unknown") for incident in ongoing]
    affected = [component for entry in ongoing for component in page.objects(entry, "affected_components")]
    named = {(str(component.get("id")), str(component.get("name"))): component for component in affected}
    return {
        "status": {
            "indicator": worst[0] if worst else "maintenance" if begun else "none",
            "description": ongoing[0].get("name") if ongoing else None,
        },
        "components": [
            {**component, "status": component.get("current_status")} for component in named.values()
        ],
        "incidents": [
            {**incident, "impact": impact, "components": incident.get("affected_components")}
            for incident, impact in zip(ongoing, worst, strict=True)
        ],
        "scheduled_maintenances": [
            {
                **entry,
                "scheduled_for": entry.get("started_at") or entry.get("starts_at"),
                "scheduled_until": entry.get("scheduled_end_at") or entry.get("ends_at"),
                "components": entry.get("affected_components"),
            }
            for entry in (*begun, *planned)
        ],
    }


def _update_instant(update: _Object) -> datetime | None:
    return parse_instant(update.get("display_at")) or parse_instant(update.get("created_at"))


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return "nothing" if value is None else names.get(type(value), "something else")
