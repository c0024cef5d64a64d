"""The registry of actions: it feeds bindings, footer, help, palette and manual."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from claude_tui.model.errors import Problem
from claude_tui.model.toml_table import nearest, shown
from claude_tui.tui.keys import KeyMap, display, in_keymap, key_fault, merged, normal

if TYPE_CHECKING:
    from textual.binding import BindingType

__all__ = [
    "ACTIONS",
    "Action",
    "Group",
    "Hint",
    "Scope",
    "bindings",
    "fitting",
    "footer",
    "key_problems",
    "keymap",
    "of_scope",
    "textual_keymap",
]


class Scope(Enum):
    """Where an action works. APP works on every screen, except under a dialog."""

    APP = "app"
    DASHBOARD = "dashboard"
    ZOOM = "zoom"
    EVENT = "event"
    HELP = "help"
    WALK = "walk"
    PLAYBOOK = "playbook"
    FIRST_FIVE = "first_five"
    HISTORY = "history"


class Group(StrEnum):
    """Headings of the help screen and of the manual's tables, in their order."""

    WATCH = "Watch"
    RESPOND = "Respond"
    SHOW = "Show"
    MOVE = "Move"
    PROGRAM = "Program"


@dataclass(frozen=True, slots=True)
class Action:
    """`id` names it in the settings' `[keys]` table; `keys` are its defaults.

    `label` stands in the footer ("" keeps it out); actions with the same label share one hint there.
    `rank` orders the footer by importance: the highest go first when room is short. `method` is what
    Textual calls (`action_<method>`), by default the id. `always` keys cannot be taken away.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: Group
    scopes: tuple[Scope, ...]
    rank: int = 5
    method: str = ""
    always: tuple[str, ...] = ()


_APP = (Scope.APP,)
_PANELS = (Scope.DASHBOARD, Scope.ZOOM)
_ZOOM = (Scope.ZOOM,)
_EVENT = (Scope.EVENT,)
_DASHBOARD = (Scope.DASHBOARD,)
_WALK, _PLAYBOOK, _FIRST_FIVE = (Scope.WALK,), (Scope.PLAYBOOK,), (Scope.FIRST_FIVE,)
_HISTORY = (Scope.HISTORY,)
_ABOVE = (Scope.ZOOM, Scope.EVENT, Scope.HELP, *_WALK, *_PLAYBOOK, *_FIRST_FIVE, *_HISTORY)
_EVERY = (Scope.DASHBOARD, *_ABOVE)
_WATCH, _RESPOND, _SHOW, _MOVE, _PROGRAM = Group

ACTIONS: tuple[Action, ...] = (
    Action("back", ("escape",), "back", "Back to where you came from", _SHOW, _ABOVE, 1),
    Action("probe", ("p",), "probe", "Probe everything now, ignoring backoff", _WATCH, _APP, 1),
    Action("decide", ("d",), "decide", "Walk the decision tree next to live data", _RESPOND, _APP, 1),
    Action("act", ("m",), "act", "The playbook for the current verdict", _RESPOND, (*_APP, *_WALK), 1),
    Action(
        "first_five",
        ("c",),
        "first checks",
        "The first five minutes: three checks at once",
        _RESPOND,
        _APP,
        4,
    ),
    Action("acknowledge", ("a",), "ack", "Acknowledge alerts under your name", _RESPOND, _APP, 4),
    Action("snooze", ("z",), "", "Snooze alerts for a while", _RESPOND, _APP),
    Action("set_severity", ("s",), "", "Override severity (shared)", _RESPOND, (*_APP, *_WALK)),
    Action("take", ("enter",), "take", "Take the branch under the cursor", _RESPOND, _WALK, 1),
    Action("step_back", ("backspace",), "undo", "Back to the previous question", _RESPOND, _WALK, 2),
    Action("restart", ("r",), "restart", "Start over from the top", _RESPOND, _WALK, 3),
    Action("follow", ("g",), "follow data", "Follow the data", _RESPOND, _WALK, 2),
    Action("done", ("enter",), "done", "Mark the step done, or reopen it", _RESPOND, _PLAYBOOK, 1),
    Action("skip", ("x",), "skip", "Mark the step skipped", _RESPOND, _PLAYBOOK, 2),
    Action("not_applicable", ("n",), "n/a", "Mark the step not applicable", _RESPOND, _PLAYBOOK, 2),
    Action("other", ("o",), "other", "Choose another playbook", _RESPOND, _PLAYBOOK, 3),
    Action("restart_playbook", ("N",), "", "Restart the playbook (asks first)", _RESPOND, _PLAYBOOK, 6),
    Action("who", ("w",), "name", "Your name on the steps you mark", _RESPOND, _PLAYBOOK, 5),
    Action("pause", ("space",), "pause", "Freeze the display; probing and recording go on", _WATCH, _APP, 2),
    Action(
        "copy",
        ("y",),
        "copy",
        "Copy a summary for chat, or what is on screen",
        _WATCH,
        (*_APP, *_EVENT, *_WALK, *_PLAYBOOK, *_FIRST_FIVE),
        3,
    ),
    Action("errors_window", ("e",), "errors window", "Count errors over 1m, 5m or 1h", _WATCH, _PANELS, 6),
    Action("zoom_verdict", ("0",), "zoom", "Verdict and alerts, full screen", _SHOW, _PANELS, 4),
    Action("zoom_status", ("1",), "zoom", "Status page, full screen", _SHOW, _PANELS, 4),
    Action("zoom_headroom", ("2",), "zoom", "Headroom, full screen", _SHOW, _PANELS, 4),
    Action("zoom_errors", ("3",), "zoom", "Errors, full screen", _SHOW, _PANELS, 4),
    Action("zoom_latency", ("4",), "zoom", "Latency, full screen", _SHOW, _PANELS, 4),
    Action("zoom_events", ("5",), "zoom", "Events, full screen", _SHOW, _PANELS, 4),
    Action("history", ("h",), "history", "Uptime, latency and incidents of the last 90 days", _SHOW, _APP, 6),
    Action("zone", ("u",), "zone", "Days and hours in UTC or in local time", _SHOW, _HISTORY, 3),
    Action("zoom", ("enter",), "open", "Zoom the focused panel; open the selected event", _SHOW, _PANELS, 5),
    Action("span_shorter", ("left",), "span", "A shorter span", _SHOW, (*_ZOOM, *_HISTORY), 3),
    Action("span_longer", ("right",), "span", "A longer span", _SHOW, (*_ZOOM, *_HISTORY), 3),
    Action("newer", ("left",), "newer", "Next newer event", _SHOW, _EVENT, 4),
    Action("older", ("right",), "older", "Next older event", _SHOW, _EVENT, 4),
    Action("focus_next", ("tab",), "", "Next panel", _MOVE, _DASHBOARD, method="app.focus_next"),
    Action(
        "focus_previous", ("shift+tab",), "", "Previous panel", _MOVE, _DASHBOARD, method="app.focus_previous"
    ),
    Action("cursor_up", ("up",), "", "Up one line", _MOVE, _EVERY),
    Action("cursor_down", ("down",), "", "Down one line", _MOVE, _EVERY),
    Action("page_up", ("pageup",), "", "Up one page", _MOVE, _EVERY),
    Action("page_down", ("pagedown",), "", "Down one page", _MOVE, _EVERY),
    Action("top", ("home",), "", "To the top", _MOVE, _EVERY),
    Action("bottom", ("end",), "", "To the bottom", _MOVE, _EVERY),
    Action("theme", ("t",), "theme", "Choose a theme (saved in the settings file)", _PROGRAM, _APP, 6),
    Action("help", ("?",), "help", "All keys", _PROGRAM, (*_APP, Scope.HELP), 1),
    Action(
        "palette", ("ctrl+p", ":"), "", "Find a command by name", _PROGRAM, _APP, method="command_palette"
    ),
    Action(
        "suspend",
        ("ctrl+z",),
        "",
        "Suspend; fg resumes",
        _PROGRAM,
        _APP,
        method="suspend_process",
    ),
    Action("quit", ("q",), "quit", "Quit", _PROGRAM, _APP, 2, always=("ctrl+c",)),
)


@dataclass(frozen=True, slots=True)
class Hint:
    """One entry of a footer."""

    key: str
    label: str
    rank: int


def of_scope(scope: Scope) -> tuple[Action, ...]:
    """The actions of one scope, in the registry's order."""
    return tuple(action for action in ACTIONS if scope in action.scopes)


def bindings(scope: Scope) -> list[BindingType]:
    """Textual Bindings whose ids are the action ids, for `BINDINGS`; `keys.keymap` remaps them."""
    from textual.binding import Binding

    found: list[BindingType] = []
    for action in of_scope(scope):
        method = action.method or action.id
        found.append(Binding(",".join(action.keys), method, action.help, show=False, id=action.id))
        found += [Binding(key, method, action.help, show=False, priority=True) for key in action.always]
    return found


def footer(scope: Scope, keymap: KeyMap | None = None) -> tuple[Hint, ...]:
    """What the footer of a screen offers, in the registry's order."""
    shown = [action for action in ACTIONS if action.label and {scope, Scope.APP} & set(action.scopes)]
    labels = dict.fromkeys(action.label for action in shown)
    return tuple(_hint([action for action in shown if action.label == label], keymap) for label in labels)


def _hint(actions: list[Action], keymap: KeyMap | None) -> Hint:
    keys = [in_keymap(action.id, action.keys, keymap)[0] for action in actions]
    return Hint(merged(keys), actions[0].label, actions[0].rank)


def fitting(hints: Iterable[Hint], cells: int, gap: int = 2) -> tuple[Hint, ...]:
    """As many hints as `cells` hold, dropping the least important; what stays keeps its order."""
    kept = list(hints)
    while kept and sum(len(hint.key) + 1 + len(hint.label) + gap for hint in kept) - gap > cells:
        # Of equals the later one goes.
        kept.pop(max(range(len(kept)), key=lambda index: (kept[index].rank, index)))
    return tuple(kept)


def keymap(overrides: Mapping[str, Sequence[str]]) -> KeyMap:
    """The settings' `[keys]` table, every key in its one spelling. Meaningful only without `key_problems`."""
    return {action_id: tuple(normal(key) for key in keys) for action_id, keys in overrides.items()}


def textual_keymap(chosen: KeyMap) -> dict[str, str]:
    """The same for `App.set_keymap`."""
    return {action_id: ",".join(keys) for action_id, keys in chosen.items()}


def key_problems(overrides: Mapping[str, Sequence[str]], file: str = "") -> list[Problem]:
    """What is wrong with the settings' `[keys]` table in `file`; empty when all is well."""
    names = [action.id for action in ACTIONS]
    problems = [
        Problem(file, f"keys.{each}", "an unknown action", "one of " + ", ".join(names), nearest(each, names))
        for each in overrides
        if each not in names
    ]
    chosen = keymap({action_id: keys for action_id, keys in overrides.items() if action_id in names})
    for action_id, keys in chosen.items():
        if not keys:
            problems.append(Problem(file, f"keys.{action_id}", "nothing", "a key"))
        faults = ((key, key_fault(key)) for key in keys)
        problems += [
            Problem(file, f"keys.{action_id}", f"{shown(key)} cannot be used: {fault}")
            for key, fault in faults
            if fault
        ]
    return problems + _taken_twice(chosen, file)


def _taken_twice(chosen: KeyMap, file: str) -> list[Problem]:
    return [
        Problem(file, "keys", f"{shown(display(key))} is taken twice, by {first.id} and {second.id}")
        for first, second in itertools.combinations(ACTIONS, 2)
        if _meet(first, second) and chosen.keys() & {first.id, second.id}
        for key in in_keymap(first.id, first.keys, chosen)
        if key in in_keymap(second.id, second.keys, chosen)
    ]


def _meet(first: Action, second: Action) -> bool:
    """Whether both can work on one screen."""
    scopes = {*first.scopes, *second.scopes}
    return Scope.APP in scopes or not set(first.scopes).isdisjoint(second.scopes)
