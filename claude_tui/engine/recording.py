"""Recordings: a part of a store as a file that another machine can replay.

JSON lines, in gzip or, where the package `zstandard` is installed, zstd. The first line is the header, the
last one says how many came between. Instants are UTC with microseconds. Each line in between is an object
with one key, the kind of the value:

    {"observation": {"at": "2026-11-20T14:05:33.000120+00:00", "source": "messages", ...}}
"""

from __future__ import annotations

import gzip
import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from claude_tui.model.alert import AlertEntry
from claude_tui.model.conditions import AlertingState, ConditionsChange
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.expense import Expense
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.observation import Observation
from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.request import ActionRequest
from claude_tui.model.schemas import shipped_schema
from claude_tui.model.snapshot import Target
from claude_tui.model.traffic import KeptCall, RolledUp
from claude_tui.model.verdict import VerdictChange

__all__ = ["KINDS", "LEAD_IN", "SCHEMA", "Header", "RecordingError", "reader", "schema_text", "writer"]

SCHEMA = "claude-top/recording@1"

LEAD_IN = timedelta(hours=28)
"""How long before the first instant observations belong to a recording, as a Snapshot depends on a day."""

KINDS: dict[str, type[Any]] = {
    "observation": Observation,
    "status_report": ProviderStatus,
    "catalogue": Catalogue,
    "verdict_change": VerdictChange,
    "step_mark": StepMark,
    "severity_mark": SeverityMark,
    "incident_entry": IncidentEntry,
    "field_revision": FieldRevision,
    "action_request": ActionRequest,
    "alert_entry": AlertEntry,
    "alerting_state": AlertingState,
    "conditions_change": ConditionsChange,
    "expense": Expense,
    "walk_turn": WalkTurn,
    "traffic": RolledUp,
    "traffic_call": KeptCall,
}
"""What a recording contains, by the key of its lines. Part of the schema."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class RecordingError(ClaudeTopError):
    """A recording cannot be written or read."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    schema: str
    program: str
    """The program that wrote it, with its version."""
    target: Target
    since: datetime
    """The first instant that can be shown as it was; the data needed for it comes before."""
    until: datetime
    """The last instant."""
    name: str = ""
    """The name of what is recorded, such as an incident; "" for none."""
    counts: dict[str, int] = field(default_factory=dict)
    """How many lines of each kind follow."""


def schema_text() -> str:
    """The JSON Schema of a line."""
    return shipped_schema("claude_tui.engine", "recording-1.schema.json")


def writer(path: Path, like: Path) -> Callable[[], IO[bytes]]:
    """Opens `path` for appending, compressed as the name `like` implies. Raises RecordingError."""
    if like.suffix == ".zst":
        zstd = _zstandard(like)
        return lambda: cast("IO[bytes]", zstd.open(path, "ab"))
    if like.suffix == ".jsonl":
        return lambda: path.open("ab")
    return lambda: cast("IO[bytes]", gzip.open(path, "ab", compresslevel=6))


def reader(path: Path) -> IO[bytes]:
    """The lines of a recording, whichever compression it has. Raises RecordingError or OSError."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(_GZIP):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if magic == _ZSTD:
        unpacker = _zstandard(path).ZstdDecompressor()
        return io.BufferedReader(unpacker.stream_reader(path.open("rb"), read_across_frames=True))
    return path.open("rb")


def _zstandard(path: Path) -> Any:
    try:
        return importlib.import_module("zstandard")
    except ImportError:
        raise RecordingError(
            f"{path}: zstd needs the package zstandard: install it, or use a name that ends in .gz"
        ) from None
