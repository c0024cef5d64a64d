"""How full screens write instants: in UTC, and on request in the reader's own time beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.model.format import moment

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["Times"]


@dataclass(frozen=True, slots=True)
class Times:
    """The instant on screen, and the zone whose times are shown beside those in UTC; None for UTC alone."""

    at: datetime
    local: Local | None = None

    def moment(self, instant: datetime) -> str:
        """`14:02:11`, or `14:02:11 15:02`; preceded by the date unless it is today."""
        return f"{moment(instant, self.at)}{self.local_suffix(instant)}"

    def local_suffix(self, instant: datetime) -> str:
        """The text after a time in UTC: ` 15:02`, or nothing."""
        return f" {self.local.beside_utc(instant, self.at)}" if self.local is not None else ""
