"""A postmortem as a document for other programs: `claude-top/postmortem@1`, a public contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from claude_tui.incident.postmortem.computed import record_severity
from claude_tui.incident.postmortem.fields import FieldSpec
from claude_tui.incident.postmortem.markdown import SCHEMA
from claude_tui.incident.postmortem.values import PARTS, ActionItem, Field, FieldState, Postmortem
from claude_tui.incident.values import Figures
from claude_tui.model.schemas import shipped_schema

__all__ = ["as_json", "schema_text", "to_json"]

_FILE = "postmortem-1.schema.json"


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of the document."""
    return shipped_schema("claude_tui.incident.postmortem", _FILE)


def as_json(form: Postmortem, figures: Figures, at: datetime) -> str:
    return json.dumps(to_json(form, figures, at), ensure_ascii=False, indent=2, allow_nan=False)


def to_json(form: Postmortem, figures: Figures, at: datetime) -> dict[str, Any]:
    """The document. Unknown values are null; instants are UTC in microseconds, durations are seconds."""
    incident = form.incident
    severity = record_severity(incident, figures)
    return {
        "schema": SCHEMA,
        "exported_at": _instant(at),
        "incident": {
            "id": incident.id,
            "label": incident.label,
            "title": incident.title,
            "severity": str(severity) if severity.trouble else None,
            "started_at": _instant(figures.started),
            "ended_at": None if figures.ongoing else _instant(figures.end),
            "duration_s": None if figures.ongoing else figures.duration.total_seconds(),
        },
        "fields": [_field(spec, field) for spec, field in form.with_specs()],
        "actions": [_action(action) for action in form.actions],
        "to_do": list(form.to_do),
    }


def _field(spec: FieldSpec, field: Field) -> dict[str, Any]:
    last = field.heads[-1] if field.heads else None
    by_person = field.state not in (FieldState.RECORD, FieldState.MISSING)
    return {
        "key": spec.key,
        "heading": spec.heading,
        "state": field.state.value,
        "text": field.text or None,
        "record": field.computed.text or None,
        "evidence": list(field.computed.evidence),
        "written_by": last.by if last is not None and by_person else None,
        "written_at": _instant(last.at) if last is not None and by_person else None,
    }


def _action(action: ActionItem) -> dict[str, Any]:
    parts = {name: part.text or None for name, part in zip(PARTS, action.parts, strict=True)}
    return {"id": action.id, **parts}


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
