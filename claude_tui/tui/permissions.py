"""What is not allowed here: in a read-only dashboard, a browser, a recording or the past."""

from __future__ import annotations

from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.keys import KeyMap

__all__ = ["LOCAL_METHODS", "SHARED_METHODS", "action_name", "offered", "refusal"]

SHARED_METHODS = frozenset(action.method or action.id for action in ACTIONS if action.shared)
"""The methods of the actions that change what others see."""

LOCAL_METHODS = frozenset(action.method or action.id for action in ACTIONS if action.local)
"""The methods of the actions that write files where the program runs."""


def refusal(method: str, *, served: bool, read_only: bool, recording: bool, travelling: bool) -> str:
    """Why the method `action_<method>` is not carried out; empty if it is."""
    if served and method in LOCAL_METHODS:
        return "A browser writes no files on the server: `claude-top manual serve` says what does."
    if method not in SHARED_METHODS:
        return ""
    if read_only:
        return "This dashboard is read-only: it changes nothing."
    if recording:
        return "This is a recording: nothing in it can be changed."
    return "The past cannot be changed: `end` goes back to live first." if travelling else ""


def action_name(action: str | tuple[str, str, tuple[object, ...]]) -> str:
    """The method that Textual would call for `action`, such as `app.focus_next` or `travel('event', 1)`."""
    name = action if isinstance(action, str) else action[1]
    return name.partition("(")[0].rpartition(".")[2]


def offered(chosen: KeyMap, *, read_only: bool, served: bool) -> KeyMap:
    """The keymap without the actions that a read-only dashboard or a browser does not offer."""
    withheld = [action for action in ACTIONS if (action.shared and read_only) or (action.local and served)]
    return {**chosen, **{action.id: () for action in withheld}}
