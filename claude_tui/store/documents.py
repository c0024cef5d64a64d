"""Status reports and model lists as JSON text, without the instant they were fetched.

Two of them say the same exactly when their texts are equal.
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
from claude_tui.store.instants import from_micros, from_micros_or_none, to_micros_or_none

__all__ = ["catalogue_from", "catalogue_text", "status_from", "status_text"]


def status_text(status: ProviderStatus) -> str:
    return _text(
        {
            "source": status.source,
            "indicator": status.indicator,
            "description": status.description,
            "components": [{"id": c.id, "name": c.name, "status": c.status} for c in status.components],
            "incidents": [_incident_fields(incident) for incident in status.incidents],
            "maintenances": [_maintenance_fields(maintenance) for maintenance in status.maintenances],
            "unknown_reason": status.unknown_reason,
        }
    )


def status_from(fetched_at: int, text: str) -> ProviderStatus:
    """Raises ValueError, TypeError or LookupError for text that `status_text` cannot have written."""
    fields = json.loads(text)
    return ProviderStatus(
        fetched_at=from_micros(fetched_at),
        source=fields["source"],
        indicator=fields["indicator"],
        description=fields["description"],
        components=tuple(Component(c["id"], c["name"], c["status"]) for c in fields["components"]),
        incidents=tuple(_incident(entry) for entry in fields["incidents"]),
        maintenances=tuple(_maintenance(entry) for entry in fields["maintenances"]),
        unknown_reason=fields["unknown_reason"],
    )


def catalogue_text(catalogue: Catalogue) -> str:
    return _text({"models": [_model_fields(model) for model in catalogue.models]})


def catalogue_from(fetched_at: int, text: str) -> Catalogue:
    """Raises ValueError, TypeError or LookupError for text that `catalogue_text` cannot have written."""
    models = json.loads(text)["models"]
    return Catalogue(from_micros(fetched_at), tuple(_model(entry) for entry in models))


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


def _incident(fields: dict[str, Any]) -> ProviderIncident:
    return ProviderIncident(
        id=fields["id"],
        name=fields["name"],
        status=fields["status"],
        impact=fields["impact"],
        started_at=from_micros_or_none(fields["started_at"]),
        components=tuple(fields["components"]),
        updates=tuple(
            IncidentUpdate(from_micros_or_none(u["at"]), u["status"], u["body"]) for u in fields["updates"]
        ),
    )


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
        id=fields["id"],
        name=fields["name"],
        status=fields["status"],
        starts_at=from_micros_or_none(fields["starts_at"]),
        ends_at=from_micros_or_none(fields["ends_at"]),
        components=tuple(fields["components"]),
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
        id=fields["id"],
        display_name=fields["display_name"],
        created_at=from_micros_or_none(fields["created_at"]),
        lifecycle=fields["lifecycle"],
        retires_at=from_micros_or_none(fields["retires_at"]),
    )
