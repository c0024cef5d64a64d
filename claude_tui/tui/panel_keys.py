"""The key that zooms each panel, shown in the panel's title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claude_tui.model.arrangement import Panel
from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.keys import display, first_key

if TYPE_CHECKING:
    from claude_tui.tui.keys import KeyMap

__all__ = ["zoom_keys"]


def zoom_keys(chosen: KeyMap | None) -> dict[Panel, str]:
    """The key of each panel; the record is not zoomed, so its key leads to the incident."""
    keys = {action.id: first_key(action.id, action.keys, chosen) for action in ACTIONS}
    named = {panel: f"zoom_{panel.value}" for panel in Panel} | {Panel.RECORD: "incident"}
    return {panel: display(keys[name]) for panel, name in named.items()}
