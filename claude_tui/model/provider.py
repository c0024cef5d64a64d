"""What the provider publishes: the status page and the list of models."""

from __future__ import annotations

from collections.abc import Sequence
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
    "counts_as_ours",
    "is_ours",
]


@dataclass(frozen=True, slots=True)
class Component:
    """One component of the page."""

    id: str
    """The page's id for it."""
    name: str
    """Its name."""
    status: str
    """The page's own word (`operational`, `degraded_performance`, ...): an open set."""
    group: str = ""
    """The name of the group that it is in."""

    @property
    def operational(self) -> bool:
        return self.status == "operational"


# On the provider's page. The id stays when the component is renamed or translated.
_API_ID, _API_NAME = "k8w3r06qmzrp", "Claude API"


def is_ours(component: Component, ours: Sequence[str]) -> bool:
    """Whether its name, its id or its group counts as one of `ours`."""
    names = (component.name, component.id, component.group)
    return any(counts_as_ours(name, ours) for name in names) or (
        component.id == _API_ID and counts_as_ours(_API_NAME, ours)
    )


def counts_as_ours(name: str, ours: Sequence[str]) -> bool:
    """Whether a component's name or id is one of `ours`, or begins with one as whole words, ignoring case."""
    folded = name.casefold()
    return any(_begins_with(folded, wanted.strip().casefold()) for wanted in ours)


def _begins_with(name: str, wanted: str) -> bool:
    return bool(wanted) and name.startswith(wanted) and not name[len(wanted) : len(wanted) + 1].isalnum()


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    at: datetime | None
    status: str
    body: str


@dataclass(frozen=True, slots=True)
class ProviderIncident:
    """An unresolved incident."""

    id: str
    """The page's id for it."""
    name: str
    """Its title."""
    status: str
    """The page's word, such as `investigating` or `monitoring`."""
    impact: str
    """The page's word, such as `none`, `minor` or `critical`."""
    started_at: datetime | None
    """When it began, according to the page."""
    components: tuple[str, ...]
    """The ids of the affected components."""
    updates: tuple[IncidentUpdate, ...]
    """Newest first, whatever order the page uses."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    id: str
    """The page's id for it."""
    name: str
    """Its title."""
    status: str
    """The page's word, such as `scheduled` or `in_progress`."""
    starts_at: datetime | None
    """When it is scheduled to begin."""
    ends_at: datetime | None
    """When it is scheduled to end."""
    components: tuple[str, ...]
    """The ids of the affected components."""


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What the status page says, or why that is unknown."""

    fetched_at: datetime
    """When the page was read."""
    source: str
    """The URL, redacted for display."""
    indicator: str | None = None
    """The page's word for the whole, such as `none` or `major`."""
    description: str | None = None
    """The page's sentence for the whole."""
    components: tuple[Component, ...] = ()
    """All components of the page."""
    incidents: tuple[ProviderIncident, ...] = ()
    """Unresolved incidents."""
    maintenances: tuple[Maintenance, ...] = ()
    """Planned and current maintenance."""
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
    """The name for requests."""
    display_name: str
    """The name for people."""
    created_at: datetime | None
    """When it was released."""
    lifecycle: str | None
    """None on servers that do not report it."""
    retires_at: datetime | None
    """When requests to it begin to fail."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models an endpoint lists."""

    fetched_at: datetime
    models: tuple[ModelInfo, ...]
