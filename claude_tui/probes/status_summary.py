"""Parses what an Atlassian Statuspage publishes at `/api/v2/summary.json`.

Pages change and contradict themselves, so everything but the indicator may be missing or of the
wrong type: lists may be null or the text "[]", words are open sets, updates come in any order, and
`updated_at` may be years off (it is not used).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from claude_tui.model.errors import ProbeError
from claude_tui.model.provider import Component, IncidentUpdate, Maintenance, ProviderIncident, ProviderStatus
from claude_tui.model.text import Redactor
from claude_tui.probes.instants import parse_instant

__all__ = ["NotASummaryError", "parse_summary"]

_MAX_COMPONENTS = 200
_MAX_INCIDENTS = 50
_MAX_UPDATES = 50
_MAX_NAME = 300
_MAX_WORD = 60
_MAX_BODY = 5_000
_FINISHED = frozenset({"resolved", "postmortem", "completed"})
_EARLIEST = datetime.min.replace(tzinfo=UTC)

_Object = Mapping[str, object]


class NotASummaryError(ProbeError):
    """JSON that is not a status page's; the message says what was expected and what was found."""


def parse_summary(
    data: object, *, fetched_at: datetime, source: str, redactor: Redactor, host: str = ""
) -> ProviderStatus:
    """The status in a decoded `summary.json`, or in a `status.json`, which has no components.

    Incidents and maintenances that are over are left out; updates come newest first. Raises
    NotASummaryError when there is no indicator.
    """
    if not isinstance(data, dict):
        raise NotASummaryError(f"expected a JSON object, got {_kind(data)}")
    status = data.get("status")
    if not isinstance(status, dict):
        raise NotASummaryError(f"expected an object under status, got {_kind(status)}")
    page = _Page(redactor)
    indicator = page.word(status, "indicator")
    if indicator is None:
        raise NotASummaryError(
            f"expected a word under status.indicator, got {_kind(status.get('indicator'))}"
        )
    components = page.components(data)
    incidents = [page.incident(each, components) for each in page.objects(data, "incidents", _MAX_INCIDENTS)]
    planned = page.objects(data, "scheduled_maintenances", _MAX_INCIDENTS)
    maintenances = [page.maintenance(each, components) for each in planned]
    return ProviderStatus(
        fetched_at=fetched_at,
        source=source,
        indicator=indicator,
        description=page.text(status, "description", _MAX_NAME),
        components=components,
        incidents=tuple(each for each in incidents if each.status not in _FINISHED),
        maintenances=tuple(each for each in maintenances if each.status not in _FINISHED),
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

    def text(self, parent: _Object, key: str, limit: int, *, keep_newlines: bool = False) -> str | None:
        value = parent.get(key)
        if not isinstance(value, str) or not value.strip():
            return None
        return self._redactor.clean(value.strip(), limit, keep_newlines=keep_newlines)

    def word(self, parent: _Object, key: str) -> str | None:
        found = self.text(parent, key, _MAX_WORD)
        return found.lower() if found else None

    def components(self, data: _Object) -> tuple[Component, ...]:
        found = []
        for item in self.objects(data, "components", _MAX_COMPONENTS):
            component_id, name = self.text(item, "id", _MAX_WORD), self.text(item, "name", _MAX_NAME)
            if component_id or name:
                status = self.word(item, "status") or "unknown"
                found.append(Component(component_id or name or "", name or component_id or "", status))
        return tuple(found)

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
        """Ids of the components named by the incident; where it names none, by its updates."""
        ids = {component.name: component.id for component in components}
        named = [*self._named(item, "components", "id", ids)]
        if not named:
            updates = self.objects(item, "incident_updates")[:_MAX_UPDATES]
            named = [
                each for update in updates for each in self._named(update, "affected_components", "code", ids)
            ]
        return tuple(dict.fromkeys(named))

    def _named(self, parent: _Object, key: str, id_key: str, ids: Mapping[str, str]) -> Iterator[str]:
        for item in self.objects(parent, key, _MAX_COMPONENTS):
            name = self.text(item, "name", _MAX_NAME)
            named = self.text(item, id_key, _MAX_WORD) or ids.get(name or "", name)
            if named:
                yield named


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
