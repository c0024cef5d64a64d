"""Status reports and model lists as JSON text, without the instant they were fetched.

Two of them have the same content exactly when their texts are equal.
"""

from __future__ import annotations

import json
from typing import Any

from claude_tui.model.provider import (
    Catalogue,
    Component,
    IncidentUpdate,
    Maintenance,
    ModelInfo,
    ProviderIncident,
    ProviderStatus,
)
from claude_tui.store.checked import entries, text, text_or_none
from claude_tui.store.instants import from_micros, from_micros_or_none, to_micros_or_none

__all__ = ["catalogue_from", "catalogue_text", "status_from", "status_text"]


def status_text(status: ProviderStatus) -> str:
    return _text(
        {
            "source": status.source,
            "indicator": status.indicator,
            "description": status.description,
            "components": [_component_fields(component) for component in status.components],
            "incidents": [_incident_fields(incident) for incident in status.incidents],
            "maintenances": [_maintenance_fields(maintenance) for maintenance in status.maintenances],
            "unknown_reason": status.unknown_reason,
            "host": status.host,
        }
    )


def status_from(fetched_at: int, body: str) -> ProviderStatus:
    """Raises one of UNREADABLE for a body that `status_text` cannot have written."""
    fields = json.loads(body)
    return ProviderStatus(
        fetched_at=from_micros(fetched_at),
        source=text(fields["source"]),
        indicator=text_or_none(fields["indicator"]),
        description=text_or_none(fields["description"]),
        components=tuple(map(_component, entries(fields["components"]))),
        incidents=tuple(map(_incident, entries(fields["incidents"]))),
        maintenances=tuple(map(_maintenance, entries(fields["maintenances"]))),
        unknown_reason=text_or_none(fields["unknown_reason"]),
        # Reports that were stored before this field existed have only the source.
        host=text(fields.get("host", "")),
    )


def catalogue_text(catalogue: Catalogue) -> str:
    return _text({"models": [_model_fields(model) for model in catalogue.models]})


def catalogue_from(fetched_at: int, body: str) -> Catalogue:
    """Raises one of UNREADABLE for a body that `catalogue_text` cannot have written."""
    models = entries(json.loads(body)["models"])
    return Catalogue(from_micros(fetched_at), tuple(map(_model, models)))


def _text(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"))


def _incident_fields(incident: ProviderIncident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "name": incident.name,
        "status": incident.status,
        "impact": incident.impact,
        "started_at": to_micros_or_none(incident.started_at),
        "components": incident.components,
        "updates": [
            {"at": to_micros_or_none(u.at), "status": u.status, "body": u.body} for u in incident.updates
        ],
    }


def _component_fields(component: Component) -> dict[str, Any]:
    fields = {"id": component.id, "name": component.name, "status": component.status}
    return fields | ({"group": component.group} if component.group else {})


def _component(fields: dict[str, Any]) -> Component:
    return Component(
        text(fields["id"]), text(fields["name"]), text(fields["status"]), text(fields.get("group", ""))
    )


def _incident(fields: dict[str, Any]) -> ProviderIncident:
    return ProviderIncident(
        id=text(fields["id"]),
        name=text(fields["name"]),
        status=text(fields["status"]),
        impact=text(fields["impact"]),
        started_at=from_micros_or_none(fields["started_at"]),
        components=tuple(map(text, entries(fields["components"]))),
        updates=tuple(map(_update, entries(fields["updates"]))),
    )


def _update(fields: dict[str, Any]) -> IncidentUpdate:
    body = text(fields["body"], keep_newlines=True)
    return IncidentUpdate(from_micros_or_none(fields["at"]), text(fields["status"]), body)


def _maintenance_fields(maintenance: Maintenance) -> dict[str, Any]:
    return {
        "id": maintenance.id,
        "name": maintenance.name,
        "status": maintenance.status,
        "starts_at": to_micros_or_none(maintenance.starts_at),
        "ends_at": to_micros_or_none(maintenance.ends_at),
        "components": maintenance.components,
    }


def _maintenance(fields: dict[str, Any]) -> Maintenance:
    return Maintenance(
        id=text(fields["id"]),
        name=text(fields["name"]),
        status=text(fields["status"]),
        starts_at=from_micros_or_none(fields["starts_at"]),
        ends_at=from_micros_or_none(fields["ends_at"]),
        components=tuple(map(text, entries(fields["components"]))),
    )


def _model_fields(model: ModelInfo) -> dict[str, Any]:
    return {
        "id": model.id,
        "display_name": model.display_name,
        "created_at": to_micros_or_none(model.created_at),
        "lifecycle": model.lifecycle,
        "retires_at": to_micros_or_none(model.retires_at),
    }


def _model(fields: dict[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=text(fields["id"]),
        display_name=text(fields["display_name"]),
        created_at=from_micros_or_none(fields["created_at"]),
        lifecycle=text_or_none(fields["lifecycle"]),
        retires_at=from_micros_or_none(fields["retires_at"]),
    )
