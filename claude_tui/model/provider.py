"""What the provider publishes: the status page and the list of models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.text import host_of

__all__ = [
    "Catalogue",
    "Component",
    "IncidentUpdate",
    "Maintenance",
    "ModelInfo",
    "ProviderIncident",
    "ProviderStatus",
]


@dataclass(frozen=True, slots=True)
class Component:
    """`status` is the page's own word (`operational`, `degraded_performance`, ...): an open set."""

    id: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    at: datetime | None
    status: str
    body: str


@dataclass(frozen=True, slots=True)
class ProviderIncident:
    """An unresolved incident."""

    id: str
    name: str
    status: str
    impact: str
    started_at: datetime | None
    components: tuple[str, ...]
    """The ids of the affected components."""
    updates: tuple[IncidentUpdate, ...]
    """Newest first, whatever order the page uses."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    id: str
    name: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What the status page says, or why that is unknown."""

    fetched_at: datetime
    source: str
    """The URL, redacted for display."""
    indicator: str | None = None
    description: str | None = None
    components: tuple[Component, ...] = ()
    incidents: tuple[ProviderIncident, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()
    unknown_reason: str | None = None
    """Why the page could not be read. If set, only `fetched_at`, `source` and `host` have meaning."""
    host: str = ""
    """The host of the URL before redaction; "" if only the redacted URL is known."""

    @property
    def server(self) -> str:
        """The host for display."""
        return self.host or host_of(self.source)

    @property
    def known(self) -> bool:
        return self.unknown_reason is None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model as `/v1/models` lists it."""

    id: str
    display_name: str
    created_at: datetime | None
    lifecycle: str | None
    """None on servers that do not report it."""
    retires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models an endpoint lists."""

    fetched_at: datetime
    models: tuple[ModelInfo, ...]
