"""What the provider says of itself: the status page and the list of models."""

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
    """An unresolved incident. `updates` are newest first, whatever order the page used."""

    id: str
    name: str
    status: str
    impact: str
    started_at: datetime | None
    components: tuple[str, ...]
    updates: tuple[IncidentUpdate, ...]


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
    """What the status page says, from which URL; or unknown, and why.

    `source` is the URL as text to show, `host` the server behind it, read from the URL before that was
    redacted; it is empty where only the text is known. `unknown_reason` is None when the page was read;
    otherwise every other field but `fetched_at`, `source` and `host` is empty and means nothing.
    `components` of incidents are component ids.
    """

    fetched_at: datetime
    source: str
    indicator: str | None = None
    description: str | None = None
    components: tuple[Component, ...] = ()
    incidents: tuple[ProviderIncident, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()
    unknown_reason: str | None = None
    host: str = ""

    @property
    def server(self) -> str:
        """Who said so, in short."""
        return self.host or host_of(self.source)

    @property
    def known(self) -> bool:
        return self.unknown_reason is None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model as `/v1/models` lists it; `lifecycle` is None on servers that do not say."""

    id: str
    display_name: str
    created_at: datetime | None
    lifecycle: str | None
    retires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models an endpoint lists."""

    fetched_at: datetime
    models: tuple[ModelInfo, ...]
