"""Exports an incident as a document and reads it back: `claude-top/incident@1`, a public contract."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from claude_tui.incident.values import Figures, Incident, TimelineEntry
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.json_values import from_json, sound
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.schemas import shipped_schema
from claude_tui.model.text import Redactor, truncate

__all__ = ["SCHEMA", "IncidentFileError", "document", "entries_from", "schema_text"]

_FAMILY = "claude-top/incident@"
SCHEMA = f"{_FAMILY}1"
_FILE = "incident-1.schema.json"


class IncidentFileError(ClaudeTopError):
    """A file is not an exported incident."""


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of the document."""
    return shipped_schema("claude_tui.incident", _FILE)


def document(
    incident: Incident, timeline: Iterable[TimelineEntry], figures: Figures, at: datetime, target: str
) -> dict[str, Any]:
    """The document. Unknown values are null; instants are UTC in microseconds, durations are seconds.

    `entries` are the recorded entries, from which an import builds the same incident; the rest is computed.
    """
    return {
        "schema": SCHEMA,
        "exported_at": _instant(at),
        "target": target,
        "incident": {
            "id": incident.id,
            "label": incident.label,
            "title": incident.title,
            "severity": incident.severity.value if incident.severity.trouble else None,
            "started_at": _instant(incident.started_at),
            "declared_at": _instant(incident.declared_at),
            "declared_by": incident.declared_by,
            "lead": incident.lead or None,
            "communications": incident.communications or None,
            "mitigated_at": _instant(incident.mitigated_at),
            "resolved_at": _instant(incident.resolved_at),
            "merged_into": incident.merged_into or None,
            "merged": list(incident.merged),
        },
        "figures": _figures(figures),
        "timeline": [_timeline_entry(entry) for entry in timeline],
        "entries": [_entry(entry) for entry in incident.entries],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "started": _instant(figures.started),
        "detected": _instant(figures.detected),
        "acknowledged": _instant(figures.acknowledged),
        "acknowledged_by": figures.acknowledged_by or None,
        "mitigated": _instant(figures.mitigated),
        "recovered": _instant(figures.recovered),
        "resolved": _instant(figures.resolved),
        "page_posted": _instant(figures.page_posted),
        "detection_lead_s": _seconds(figures.detection_lead),
        "duration_s": _seconds(figures.duration),
        "per_severity_s": {severity.value: _seconds(length) for severity, length in figures.per_severity},
        "unknown": [{"start": _instant(span.start), "end": _instant(span.end)} for span in figures.unknown],
        "coverage": figures.coverage,
        "requests": figures.requests,
        "failed": figures.failed,
        "errors": [
            {
                "name": error.name,
                "count": error.count,
                "first_at": _instant(error.first_at),
                "last_at": _instant(error.last_at),
            }
            for error in figures.errors
        ],
        "worst_latency_s": figures.worst_s,
        "request_ids": list(figures.request_ids),
    }


def _timeline_entry(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "happened_at": _instant(entry.happened_at),
        "recorded_at": _instant(entry.recorded_at),
        "last_at": _instant(entry.last_at),
        "kind": entry.kind.value,
        "level": entry.level.value,
        "author": entry.author or None,
        "host": entry.host or None,
        "text": entry.text,
        "detail": entry.detail or None,
        "pinned": entry.pinned,
        "count": entry.count,
        "request_ids": list(entry.request_ids),
        "original": entry.original or None,
    }


def _entry(entry: IncidentEntry) -> dict[str, Any]:
    values = {field.name: getattr(entry, field.name) for field in fields(entry)}
    return {
        name: _instant(value) if isinstance(value, datetime) else str(value) for name, value in values.items()
    }


def _instant(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def entries_from(text: str) -> tuple[IncidentEntry, ...]:
    """The recorded entries in a document. Secrets are removed again, and hostile text is made inert.

    Raises IncidentFileError for a file that is something else, truncated, or of a later version.
    """
    try:
        read = json.loads(text)
    except RecursionError:
        raise IncidentFileError("not an exported incident: not JSON: nested too deeply") from None
    except ValueError as error:
        raise IncidentFileError(
            f"not an exported incident, or truncated: not JSON: {truncate(str(error))}"
        ) from None
    schema = read.get("schema") if isinstance(read, dict) else None
    if schema != SCHEMA:
        found = truncate(repr(schema))
        if isinstance(schema, str) and schema.startswith(_FAMILY):
            found += ": another version of claude-top wrote it"
        raise IncidentFileError(f"not an exported incident: expected the schema {SCHEMA}, got {found}")
    listed = read.get("entries")
    if not isinstance(listed, list):
        raise IncidentFileError("not an exported incident: it has no list of entries")
    entries = tuple(_read(number, item) for number, item in enumerate(listed, 1))
    if not any(entry.act is IncidentAct.DECLARED for entry in entries):
        raise IncidentFileError("not an exported incident: none of its entries declares one")
    return entries


def _read(number: int, value: object) -> IncidentEntry:
    redactor = Redactor()
    try:
        entry: IncidentEntry = sound(
            from_json(IncidentEntry, json.dumps(value).encode()),
            lambda text: redactor.clean(text, MAX_ENTRY, keep_newlines=True),
        )
    except ValueError as error:
        raise IncidentFileError(f"entry {number} cannot be read: {truncate(str(error))}") from None
    if not entry.id or not entry.incident:
        raise IncidentFileError(f"entry {number} has no id")
    return entry
