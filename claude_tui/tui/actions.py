"""The registry of actions, which feeds bindings, footer, help, palette and manual."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from claude_tui.tui.keys import KeyMap, in_keymap

if TYPE_CHECKING:
    pass

__all__ = ["ACTIONS", "OF_DRILLS", "Action", "Group", "Scope", "is_offered", "of_scope"]


class Scope(Enum):
    """Where an action works. APP works on every screen, except under a dialog.

    So do DRILL, until a drill has ended, and DRILL_OVER, from then on.
    """

    APP = "app"
    DASHBOARD = "dashboard"
    ZOOM = "zoom"
    EVENT = "event"
    HELP = "help"
    WALK = "walk"
    PLAYBOOK = "playbook"
    FIRST_FIVE = "first_five"
    DRILL = "drill"
    DRILL_OVER = "drill_over"
    DEBRIEF = "debrief"
    INCIDENT = "incident"
    POSTMORTEM = "postmortem"
    HISTORY = "history"
    WAR_ROOM = "war_room"


OF_DRILLS = frozenset({Scope.DRILL, Scope.DRILL_OVER})
"""The scopes that there are only in a drill."""


class Group(StrEnum):
    """The headings of the help screen and of the manual's tables, in order."""

    WATCH = "Watch"
    TIME = "Travel in time"
    RESPOND = "Respond"
    SHOW = "Show"
    MOVE = "Move"
    PROGRAM = "Program"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does."""

    id: str
    """Its name in the settings' `[keys]` table."""
    keys: tuple[str, ...]
    """The default keys."""
    label: str
    """The text in the footer; "" keeps it out. Actions with the same label share one hint."""
    help: str
    """What it does, for help screen, palette and manual."""
    group: Group
    """The heading on the help screen."""
    scopes: tuple[Scope, ...]
    """The screens on which it works."""
    rank: int = 5
    """Orders the footer: the highest ranks are dropped first if room is short."""
    method: str = ""
    """The method that Textual calls (`action_<method>`); "" for the id."""
    always: tuple[str, ...] = ()
    """Keys that the settings cannot take away."""
    always_method: str = ""
    """The method that these keys call; "" for `method`."""
    shared: bool = False
    """Whether it changes what others see, or costs something: a read-only dashboard does not offer it."""
    local: bool = False
    """Whether it writes files where the program runs: a browser does not offer it."""


_APP = (Scope.APP,)
_PANELS = (Scope.DASHBOARD, Scope.ZOOM)
_ZOOM = (Scope.ZOOM,)
_EVENT = (Scope.EVENT,)
_DASHBOARD = (Scope.DASHBOARD,)
_WALK, _PLAYBOOK, _FIRST_FIVE = (Scope.WALK,), (Scope.PLAYBOOK,), (Scope.FIRST_FIVE,)
_DRILL, _DRILL_OVER = (Scope.DRILL,), (Scope.DRILL_OVER,)
_DEBRIEF, _HISTORY = (Scope.DEBRIEF,), (Scope.HISTORY,)
_INCIDENT, _POSTMORTEM = (Scope.INCIDENT,), (Scope.POSTMORTEM,)
_WAR_ROOM = (Scope.WAR_ROOM,)
_ABOVE = (
    *(Scope.ZOOM, Scope.EVENT, Scope.HELP),
    *(*_WALK, *_PLAYBOOK, *_FIRST_FIVE, *_INCIDENT, *_POSTMORTEM, *_DEBRIEF, *_HISTORY),
)
_EVERY = (Scope.DASHBOARD, *_ABOVE)
# The decision tree and the postmortem have a `g` of their own.
_TIMED = tuple(scope for scope in _EVERY if scope not in (Scope.WALK, Scope.POSTMORTEM))
# The playbook has a `w` of its own.
_SHARED_SCREEN = (*(scope for scope in _TIMED if scope not in (Scope.PLAYBOOK, Scope.HELP)), *_WAR_ROOM)
_WATCH, _TIME, _RESPOND, _SHOW, _MOVE, _PROGRAM = Group

ACTIONS: tuple[Action, ...] = (
    Action("back", ("escape",), "back", "Back to where you came from", _SHOW, (*_ABOVE, *_WAR_ROOM), 1),
    Action("probe", ("p",), "probe", "Probe everything now, ignoring backoff", _WATCH, _APP, 1, shared=True),
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
        shared=True,
    ),
    Action("incident", ("i",), "incident", "The open incident; declares one", _RESPOND, _APP, 3),
    Action("postmortem", ("f",), "postmortem", "The incident's postmortem: a form", _RESPOND, _APP, 6),
    Action(
        "acknowledge",
        ("a",),
        "ack",
        "Acknowledge alerts, or the verdict: you are on it",
        _RESPOND,
        _APP,
        2,
        shared=True,
    ),
    Action("snooze", ("z",), "snooze", "Snooze alerts for a while", _RESPOND, _APP, 5, shared=True),
    Action(
        "set_severity",
        ("s",),
        "severity",
        "Override severity (shared)",
        _RESPOND,
        (*_APP, *_WALK, *_INCIDENT),
        5,
        shared=True,
    ),
    Action("note", ("n",), "note", "Note what happened, and when", _RESPOND, _INCIDENT, 1, shared=True),
    Action(
        "roles", ("r",), "roles", "Who leads, who handles communications", _RESPOND, _INCIDENT, 2, shared=True
    ),
    Action(
        "mitigated",
        ("x",),
        "mitigated",
        "Mitigated: the impact is under control",
        _RESPOND,
        _INCIDENT,
        2,
        shared=True,
    ),
    Action("resolve", ("R",), "resolve", "Resolve it (asks first)", _RESPOND, _INCIDENT, 2, shared=True),
    Action("reopen", ("o",), "reopen", "Open a resolved one again", _RESPOND, _INCIDENT, 5, shared=True),
    Action("merge", ("M",), "", "Merge it into another incident", _RESPOND, _INCIDENT, shared=True),
    Action(
        "pin",
        ("P",),
        "pin",
        "Pin the entry under the cursor, or unpin it",
        _RESPOND,
        _INCIDENT,
        5,
        shared=True,
    ),
    Action(
        "correct",
        ("C",),
        "correct",
        "Correct an entry, a time or the title",
        _RESPOND,
        _INCIDENT,
        5,
        shared=True,
    ),
    Action("declare", ("D",), "declare", "Declare an incident", _RESPOND, _INCIDENT, 4, shared=True),
    Action("open_entry", ("enter",), "open", "Open the entry or the incident", _SHOW, _INCIDENT, 3),
    Action(
        "filter",
        ("/",),
        "filter",
        "Show only some entries: words, status:529, -word",
        _SHOW,
        (*_INCIDENT, *_ZOOM, *_HISTORY),
        3,
    ),
    Action("filter_events", ("/",), "", "Filter the events", _SHOW, _DASHBOARD),
    Action("incidents", ("l",), "all", "All incidents", _SHOW, _INCIDENT, 4),
    Action("sort_incidents", ("O",), "sort", "Sort the list: newest, gravest, longest", _SHOW, _INCIDENT, 4),
    Action(
        "edit",
        ("enter",),
        "edit",
        "Edit the field, or resolve its versions",
        _RESPOND,
        _POSTMORTEM,
        1,
        shared=True,
    ),
    Action("add_action", ("n",), "new action", "Add an action item", _RESPOND, _POSTMORTEM, 2, shared=True),
    Action(
        "remove_action", ("x",), "", "Remove the action item (asks first)", _RESPOND, _POSTMORTEM, shared=True
    ),
    Action("draft", ("g",), "", "Have a model draft parts of it", _RESPOND, _POSTMORTEM, shared=True),
    Action("evidence", ("right",), "evidence", "The timeline entries that support it", _SHOW, _POSTMORTEM, 2),
    Action("preview", ("v",), "preview", "The document as readers will see it", _SHOW, _POSTMORTEM, 2),
    Action("lint", ("l",), "lint", "What is missing or wrong in it", _SHOW, _POSTMORTEM, 3),
    Action(
        "export",
        ("e",),
        "export",
        "Write it to a file: Markdown or JSON",
        _SHOW,
        (*_INCIDENT, *_POSTMORTEM),
        3,
        local=True,
    ),
    Action("take", ("enter",), "take", "Take the branch under the cursor", _RESPOND, _WALK, 1),
    Action("step_back", ("backspace",), "undo", "Back to the previous question", _RESPOND, _WALK, 2),
    Action("restart", ("r",), "restart", "Start over from the top", _RESPOND, _WALK, 3),
    Action("follow", ("g",), "follow data", "Follow the data", _RESPOND, _WALK, 2),
    Action(
        "done",
        ("enter",),
        "done",
        "Mark the step done; on a done one, to the next open step",
        _RESPOND,
        _PLAYBOOK,
        1,
        shared=True,
    ),
    Action("skip", ("x",), "skip", "Mark the step skipped", _RESPOND, _PLAYBOOK, 2, shared=True),
    Action(
        "not_applicable", ("n",), "n/a", "Mark the step not applicable", _RESPOND, _PLAYBOOK, 2, shared=True
    ),
    Action("open_step", ("backspace",), "undo", "Take the mark back", _RESPOND, _PLAYBOOK, 2, shared=True),
    Action("other", ("o",), "other", "Choose another playbook", _RESPOND, _PLAYBOOK, 3),
    Action(
        "restart_playbook",
        ("N",),
        "",
        "Restart the playbook (asks first)",
        _RESPOND,
        _PLAYBOOK,
        6,
        shared=True,
    ),
    Action("who", ("w",), "name", "Your name on the steps you mark", _RESPOND, _PLAYBOOK, 5, shared=True),
    Action("drill_answer", ("A",), "answer", "Drill: whose problem it is, and what", _RESPOND, _DRILL, 2),
    Action(
        "drill_brief", ("B",), "brief", "Drill: the briefing", _RESPOND, (Scope.DRILL, Scope.DRILL_OVER), 5
    ),
    Action("drill_end", ("E",), "end drill", "Drill: end it, with a score (asks first)", _RESPOND, _DRILL, 2),
    Action(
        "drill_debrief", ("E",), "debrief", "Drill: how it went, once it is over", _RESPOND, _DRILL_OVER, 2
    ),
    Action("pause", ("space",), "pause", "Freeze the display; probing and recording go on", _WATCH, _APP, 2),
    Action(
        "observation_before",
        ("[",),
        "time",
        "Back one observation",
        _TIME,
        _APP,
        4,
        "travel('observation', -1)",
    ),
    Action(
        "observation_after",
        ("]",),
        "time",
        "Forward one observation",
        _TIME,
        _APP,
        4,
        "travel('observation', 1)",
    ),
    Action("minute_before", ("{",), "", "Back one minute", _TIME, _APP, method="travel('minute', -1)"),
    Action("minute_after", ("}",), "", "Forward one minute", _TIME, _APP, method="travel('minute', 1)"),
    Action(
        "event_before",
        (",",),
        "",
        "Previous event: verdict, alert, person",
        _TIME,
        _APP,
        method="travel('event', -1)",
    ),
    Action("event_after", (".",), "", "Next event", _TIME, _APP, method="travel('event', 1)"),
    Action(
        "go_to",
        ("g",),
        "",
        "Go to a time: 14:03, -20m, 2026-11-08 14:00",
        _TIME,
        (*_TIMED, *_WAR_ROOM),
        method="app.go_to",
    ),
    Action("live", ("L",), "", "Back to live from the past, like end and esc", _TIME, _APP),
    Action(
        "copy",
        ("y",),
        "copy",
        "Copy a summary; offers texts for users and support",
        _WATCH,
        (*_APP, *_EVENT, *_WALK, *_PLAYBOOK, *_FIRST_FIVE, *_DEBRIEF),
        3,
    ),
    Action("show_copied", ("Y",), "", "Show what was copied last, to select it", _WATCH, _APP),
    Action(
        "save_screen", ("S",), "", "Save the screen as SVG and text, without keys", _WATCH, _APP, local=True
    ),
    Action("errors_window", ("e",), "errors window", "Count errors over 1m, 5m or 1h", _WATCH, _PANELS, 6),
    Action("zoom_verdict", ("0",), "zoom", "Verdict and alerts, full screen", _SHOW, _PANELS, 4),
    Action("zoom_status", ("1",), "zoom", "Status page, full screen", _SHOW, _PANELS, 4),
    Action("zoom_headroom", ("2",), "zoom", "Headroom, full screen", _SHOW, _PANELS, 4),
    Action("zoom_errors", ("3",), "zoom", "Errors, full screen", _SHOW, _PANELS, 4),
    Action("zoom_latency", ("4",), "zoom", "Latency, full screen", _SHOW, _PANELS, 4),
    Action("zoom_events", ("5",), "zoom", "Events, full screen", _SHOW, _PANELS, 4),
    Action("zoom_traffic", ("6",), "zoom", "Own traffic, full screen", _SHOW, _PANELS, 4),
    Action("history", ("h",), "history", "Uptime, latency and incidents of the last 90 days", _SHOW, _APP, 6),
    Action(
        "war_room",
        ("w",),
        "war room",
        "War room: large and masked, for a shared screen",
        _SHOW,
        _SHARED_SCREEN,
        6,
        "app.war_room",
    ),
    Action("zone", ("u",), "", "Local times beside UTC, or only UTC", _SHOW, _APP),
    Action("zoom", ("enter",), "open", "Zoom the focused panel; open the selected event", _SHOW, _PANELS, 5),
    Action("span_shorter", ("left",), "span", "A shorter span", _SHOW, (*_ZOOM, *_HISTORY), 3),
    Action("span_longer", ("right",), "span", "A longer span", _SHOW, (*_ZOOM, *_HISTORY), 3),
    Action("sort", ("o",), "sort", "Sort the tables by the next column", _SHOW, (*_ZOOM, *_HISTORY), 3),
    Action("newer", ("left",), "newer", "Next newer event", _SHOW, _EVENT, 4),
    Action("older", ("right",), "older", "Next older event", _SHOW, _EVENT, 4),
    Action("next_field", ("tab",), "next", "Next field", _MOVE, _POSTMORTEM, 3),
    Action("previous_field", ("shift+tab",), "", "Previous field", _MOVE, _POSTMORTEM),
    Action("focus_next", ("tab",), "", "Next panel", _MOVE, _DASHBOARD, method="app.focus_next"),
    Action(
        "focus_previous", ("shift+tab",), "", "Previous panel", _MOVE, _DASHBOARD, method="app.focus_previous"
    ),
    Action("cursor_up", ("up",), "", "Up one line", _MOVE, _EVERY),
    Action("cursor_down", ("down",), "", "Down one line", _MOVE, _EVERY),
    Action("page_up", ("pageup",), "", "Up one page", _MOVE, _EVERY),
    Action("page_down", ("pagedown",), "", "Down one page", _MOVE, _EVERY),
    Action("top", ("home",), "", "To the top", _MOVE, _EVERY),
    Action("bottom", ("end",), "", "To the bottom; from the past back to live", _MOVE, (*_EVERY, *_WAR_ROOM)),
    Action("theme", ("t",), "theme", "Choose a theme (saved in the settings file)", _PROGRAM, _APP, 6),
    Action(
        "layout", ("v",), "layout", "Next layout: triage, traffic, quiet (saved)", _PROGRAM, _DASHBOARD, 6
    ),
    Action("panels", ("V",), "", "Show or hide panels (saved)", _PROGRAM, _DASHBOARD),
    Action("help", ("?",), "help", "What to do when, and all keys", _PROGRAM, (*_APP, Scope.HELP), 1),
    Action("search_help", ("/",), "search", "Look for a word in the help", _SHOW, (Scope.HELP,), 2),
    Action(
        "palette", ("ctrl+p", ":"), "", "Find a command by name", _PROGRAM, _APP, method="command_palette"
    ),
    Action("suspend", ("ctrl+z",), "", "Suspend; fg resumes", _PROGRAM, _APP, method="suspend_process"),
    Action(
        "quit",
        ("q",),
        "quit",
        "Close what is open, or quit",
        _PROGRAM,
        _APP,
        2,
        always=("ctrl+c",),
        always_method="interrupt",
    ),
)


def of_scope(*scopes: Scope) -> tuple[Action, ...]:
    """The actions with one of the scopes, in the registry's order."""
    return tuple(action for action in ACTIONS if not set(scopes).isdisjoint(action.scopes))


def is_offered(action: Action, keymap: KeyMap | None) -> bool:
    """Whether a person can call the action: it has a key, and is not one of a drill outside a drill."""
    if OF_DRILLS & set(action.scopes) and (keymap is None or action.id not in keymap):
        return False
    return bool(in_keymap(action.id, action.keys, keymap))
