"""The footer of the incident screen: what can be done in the incident's current state."""

from __future__ import annotations

from dataclasses import replace

from claude_tui.incident import Incident
from claude_tui.tui.actions import ACTIONS, Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keys import KeyMap, in_keymap
from claude_tui.tui.screens.runbook_screen import offered

__all__ = ["incident_hints", "is_offered"]

# The labels of what can be done to any incident, to an open one, to a resolved one, and in the list.
_ALWAYS = frozenset({"note", "pin", "correct", "filter", "export", "open", "all"})
_WHILE_OPEN = _ALWAYS | {"severity", "roles", "mitigated", "resolve"}
_WHILE_RESOLVED = _ALWAYS | {"reopen", "declare"}
_IN_LIST = frozenset({"open", "declare", "sort"})
_OF_SEVERAL = frozenset({"sort"})
_OF_SOME = frozenset({"open", *_OF_SEVERAL})
# It has more room here than on other screens.
_RANK_OF_SEVERITY = 2
# It is already on screen.
_HERE = frozenset({"incident"})


def incident_hints(incident: Incident | None, keymap: KeyMap, listed: int) -> tuple[Hint, ...]:
    """The hints for the incident, or without one for the list of all `listed` incidents."""
    labels = _IN_LIST if incident is None else _WHILE_OPEN if incident.is_open else _WHILE_RESOLVED
    if incident is None:
        labels -= _OF_SOME if listed == 0 else _OF_SEVERAL if listed == 1 else frozenset()
    without = ((_WHILE_OPEN | _WHILE_RESOLVED | _IN_LIST) - labels) | _HERE
    return tuple(
        replace(hint, rank=_RANK_OF_SEVERITY) if hint.label == "severity" else hint
        for hint in offered(Scope.INCIDENT, keymap, without)
    )


def is_offered(action_id: str, keymap: KeyMap) -> bool:
    """Whether the action has a key, which a read-only dashboard takes away."""
    return any(action.id == action_id and in_keymap(action_id, action.keys, keymap) for action in ACTIONS)
