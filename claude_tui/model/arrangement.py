"""How the dashboard is arranged: presets by name, and the panels that can be hidden."""

from __future__ import annotations

from enum import StrEnum

from claude_tui.model.snapshot import Panel

__all__ = ["HIDEABLE", "Preset"]


class Preset(StrEnum):
    """An arrangement for a purpose."""

    TRIAGE = "triage"
    """Whose problem is it? Everything that the probes see, side by side."""
    TRAFFIC = "traffic"
    """What happens to our own calls? The traffic large, the probes small."""
    QUIET = "quiet"
    """For all day: the record of the last days while all is well, and triage in trouble."""

    @property
    def purpose(self) -> str:
        """What it is for, in a few words."""
        return _PURPOSES[self]

    @property
    def following(self) -> Preset:
        """The next one, in a circle."""
        found = tuple(Preset)
        return found[(found.index(self) + 1) % len(found)]


_PURPOSES = {
    Preset.TRIAGE: "everything that the probes see",
    Preset.TRAFFIC: "your own calls large, the probes small",
    Preset.QUIET: "calm while all is well, triage in trouble",
}

HIDEABLE = tuple(panel.value for panel in Panel if panel is not Panel.VERDICT)
"""The panels that can be hidden, by name: all but the verdict."""
