"""The result of a probe, and the protocol of probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from claude_tui.model.observation import Observation, Source
from claude_tui.model.provider import Catalogue, ProviderStatus

__all__ = ["Probe", "Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """One Observation, with the status page or model list that was read.

    `status` is None for probes that do not read the page, `catalogue` when no list was read.
    """

    observation: Observation
    status: ProviderStatus | None = None
    catalogue: Catalogue | None = None


class Probe(Protocol):
    """One active source. It measures once per `run` and keeps no history."""

    @property
    def source(self) -> Source: ...

    async def run(self) -> Report:
        """Every failure of the exchange is an Observation; only CancelledError is raised."""

    async def aclose(self) -> None:
        """Frees connections. The probe is not run again."""
