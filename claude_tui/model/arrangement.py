"""How the dashboard is arranged: its panels, presets by name, and the panels that can be hidden."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["HIDEABLE", "Panel", "Preset"]


class Panel(StrEnum):
    """The panels, in the order of the number keys that zoom them; the verdict strip is 0.

    The record is not zoomed: its key leads to the incident, or to the history.
    """

    VERDICT = "verdict"
    STATUS = "status"
    HEADROOM = "headroom"
    ERRORS = "errors"
    LATENCY = "latency"
    EVENTS = "events"
    TRAFFIC = "traffic"
    RECORD = "record"


class Preset(StrEnum):
    """An arrangement for a purpose."""

    TRIAGE = "triage"
    """Whose problem is it? Everything that the probes see, side by side."""
    TRAFFIC = "traffic"
    """What happens to our own calls? The traffic is large, the probes are small."""
    QUIET = "quiet"
    """For all day: the record of the last days while all is well, and the triage layout during a problem."""

    @property
    def purpose(self) -> str:
        """What it is for, in a few words."""
        return _PURPOSES[self]

    @property
    def following(self) -> Preset:
        """The next preset, cyclically."""
        found = tuple(Preset)
        return found[(found.index(self) + 1) % len(found)]


_PURPOSES = {
    Preset.TRIAGE: "everything that the probes see",
    Preset.TRAFFIC: "your own calls large, the probes small",
    Preset.QUIET: "calm while all is well, triage in trouble",
}

HIDEABLE = tuple(panel.value for panel in Panel if panel is not Panel.VERDICT)
"""The panels that can be hidden, by name: all but the verdict."""
