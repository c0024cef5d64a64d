"""The object that `doctor --json` prints, and its JSON Schema: both are a public contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from claude_tui.doctor.finding import Finding, exit_code
from claude_tui.model.format import rfc3339
from claude_tui.model.schemas import shipped_schema

__all__ = ["SCHEMA", "as_json", "schema_text", "to_json"]

SCHEMA = "claude-top/doctor@1"
_FILE = "doctor-1.schema.json"


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of the object."""
    return shipped_schema("claude_tui.doctor", _FILE)


def as_json(findings: Sequence[Finding], at: datetime, *, ascii_only: bool = False) -> str:
    return json.dumps(to_json(findings, at), ensure_ascii=ascii_only, indent=2, allow_nan=False)


def to_json(findings: Sequence[Finding], at: datetime) -> dict[str, Any]:
    """The findings as a JSON object."""
    return {
        "schema": SCHEMA,
        "at": rfc3339(at),
        "exit_code": exit_code(findings),
        "findings": [
            {
                "area": finding.area.name.lower(),
                "name": finding.name,
                "condition": finding.condition.word,
                "text": finding.text,
                "to_do": finding.to_do or None,
            }
            for finding in findings
        ],
    }
