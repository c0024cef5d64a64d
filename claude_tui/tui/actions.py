"""The registry of actions: it feeds bindings, footer, help, palette and manual."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from claude_tui.model.errors import Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_text import shown
from claude_tui.tui.keys import KeyMap, display, first_key, in_keymap, key_fault, merged, normal

if TYPE_CHECKING:
    from textual.binding import BindingType

__all__ = [
    "ACTIONS",
    "LOCAL_METHODS",
    "SHARED_METHODS",
    "Action",
    "Group",
    "Hint",
    "Scope",
    "action_name",
    "bindings",
    "fitting",
    "footer",
    "footer_of_the_past",
    "is_offered",
    "key_problems",
    "keymap",
    "keymap_of_drill",
    "of_scope",
    "offered",
    "refusal",
    "textual_keymap",
]


class Scope(Enum):
    """Where an action works. APP works on every screen, except under a dialog; so does DRILL, in a drill."""

    APP = "app"
    DASHBOARD = "dashboard"
    ZOOM = "zoom"
    EVENT = "event"
    HELP = "help"
    WALK = "walk"
    PLAYBOOK = "playbook"
    FIRST_FIVE = "first_five"
    DRILL = "drill"
    DEBRIEF = "debrief"
    INCIDENT = "incident"
    POSTMORTEM = "postmortem"
    HISTORY = "history"
    WAR_ROOM = "war_room"


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
    """What Textual calls (`action_<method>`); "" for the id."""
    always: tuple[str, ...] = ()
    """Keys that the settings cannot take away."""
    always_method: str = ""
    """What Textual calls for these keys; "" for the same as for the others."""
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
_DRILL, _DEBRIEF, _HISTORY = (Scope.DRILL,), (Scope.DEBRIEF,), (Scope.HISTORY,)
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
    Action("postmortem", ("f",), "postmortem", "The incident’s postmortem: a form", _RESPOND, _APP, 6),
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
    Action(
        "evidence",
        ("right",),
        "evidence",
        "The timeline entries that support it",
        _SHOW,
        _POSTMORTEM,
        2,
    ),
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
        "done", ("enter",), "done", "Mark the step done, or reopen it", _RESPOND, _PLAYBOOK, 1, shared=True
    ),
    Action("skip", ("x",), "skip", "Mark the step skipped", _RESPOND, _PLAYBOOK, 2, shared=True),
    Action(
        "not_applicable", ("n",), "n/a", "Mark the step not applicable", _RESPOND, _PLAYBOOK, 2, shared=True
    ),
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
    Action("drill_brief", ("B",), "brief", "Drill: the briefing", _RESPOND, _DRILL, 5),
    Action("drill_end", ("E",), "end drill", "Drill: end it, with a score (asks first)", _RESPOND, _DRILL, 2),
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
        "save_screen",
        ("S",),
        "",
        "Save the screen as SVG and text, without keys",
        _WATCH,
        _APP,
        local=True,
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
    Action(
        "suspend",
        ("ctrl+z",),
        "",
        "Suspend; fg resumes",
        _PROGRAM,
        _APP,
        method="suspend_process",
    ),
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


@dataclass(frozen=True, slots=True)
class Hint:
    """One entry of a footer."""

    key: str
    """The keys as they are shown."""
    label: str
    """What they do."""
    rank: int
    """The highest ranks are dropped first if room is short."""
    keys: tuple[str, ...] = field(default=(), compare=False)
    """The same keys, for whoever clicks on them."""


SHARED_METHODS = frozenset(action.method or action.id for action in ACTIONS if action.shared)
"""What Textual calls for the actions that change what others see."""

LOCAL_METHODS = frozenset(action.method or action.id for action in ACTIONS if action.local)
"""What Textual calls for the actions that write files where the program runs."""


def refusal(method: str, *, served: bool, read_only: bool, recording: bool, travelling: bool) -> str:
    """Why what Textual calls `action_<method>` is not carried out; empty when it is."""
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


def of_scope(scope: Scope) -> tuple[Action, ...]:
    """The actions of one scope, in the registry's order."""
    return tuple(action for action in ACTIONS if scope in action.scopes)


def bindings(scope: Scope) -> list[BindingType]:
    """Textual bindings for `BINDINGS`. Their ids are the action ids, by which the keymap remaps them."""
    from textual.binding import Binding

    found: list[BindingType] = []
    for action in of_scope(scope):
        method = action.method or action.id
        found.append(Binding(_textual(action.keys), method, action.help, show=False, id=action.id))
        always = action.always_method or method
        found += [Binding(key, always, action.help, show=False, priority=True) for key in action.always]
    return found


def footer(scope: Scope, keymap: KeyMap | None = None, *, without: Collection[str] = ()) -> tuple[Hint, ...]:
    """What the footer of a screen offers, in the registry's order, `without` the actions of these ids."""
    here = {scope, Scope.APP, Scope.DRILL}
    shown = [
        action
        for action in ACTIONS
        if action.label
        and action.id not in without
        and here & set(action.scopes)
        and is_offered(action, keymap)
    ]
    labels = dict.fromkeys(action.label for action in shown)
    if "back" in labels:
        labels.pop("quit", None)  # what is open is closed by that key, too
    return tuple(_hint([action for action in shown if action.label == label], keymap) for label in labels)


_IN_THE_PAST = {
    "observation": ("observation_before", "observation_after"),
    "minute": ("minute_before", "minute_after"),
    "event": ("event_before", "event_after"),
    "time": ("go_to",),
    "live": ("bottom",),
}


def footer_of_the_past(
    scope: Scope,
    keymap: KeyMap | None = None,
    *,
    replayed: bool = False,
    without: Collection[str] = (),
) -> tuple[Hint, ...]:
    """The same while the past is shown: how to move in time, and nothing that changes what others see.

    Of a recording there is no live: what pauses it stands in its place.
    """
    ids = {action.id: action for action in ACTIONS}
    moves = []
    for rank, (label, names) in enumerate(_IN_THE_PAST.items(), start=1):
        if replayed and label == "live":
            continue
        hint = _hint([ids[name] for name in names], keymap)
        moves.append(replace(hint, label=label, rank=1 if label == "live" else rank))
    if replayed:
        moves.insert(0, replace(_hint([ids["pause"]], keymap), label="play", rank=1))
    shared = {action.label for action in ACTIONS if action.shared}
    others = [
        hint
        for hint in footer(scope, keymap, without=without)
        if hint.label not in shared | {"pause", "time", "back"}
    ]
    back = [hint for hint in footer(scope, keymap) if hint.label == "back"]
    return (*back, *moves, *others)


def _hint(actions: list[Action], keymap: KeyMap | None) -> Hint:
    keys = [first_key(action.id, action.keys, keymap) for action in actions]
    return Hint(merged(keys), actions[0].label, actions[0].rank, tuple(filter(None, keys)))


def fitting(hints: Iterable[Hint], cells: int, gap: int = 2) -> tuple[Hint, ...]:
    """As many hints as fit into `cells`, dropping the least important ones and keeping the order."""
    kept = list(hints)
    while kept and sum(len(hint.key) + 1 + len(hint.label) + gap for hint in kept) - gap > cells:
        # Of equally important hints the last one goes.
        kept.pop(max(range(len(kept)), key=lambda index: (kept[index].rank, index)))
    return tuple(kept)


def keymap(overrides: Mapping[str, Sequence[str]]) -> KeyMap:
    """The settings' `[keys]` table with normalised keys. Meaningful only without `key_problems`."""
    of_drills = {action.id for action in ACTIONS if Scope.DRILL in action.scopes}
    normalised = _normalised(overrides)
    return {action_id: keys for action_id, keys in normalised.items() if action_id not in of_drills}


def _normalised(overrides: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {action_id: tuple(normal(key) for key in keys) for action_id, keys in overrides.items()}


def keymap_of_drill(overrides: Mapping[str, Sequence[str]]) -> KeyMap:
    """The keys of a drill: only there are those of its own actions among them."""
    own = {action.id: action.keys for action in ACTIONS if Scope.DRILL in action.scopes}
    return own | _normalised(overrides)


def offered(chosen: KeyMap, *, read_only: bool, served: bool) -> KeyMap:
    """The keymap without what a read-only dashboard cannot change, and what a browser cannot write."""
    withheld = [each for each in ACTIONS if (each.shared and read_only) or (each.local and served)]
    return {**chosen, **{action.id: () for action in withheld}}


def is_offered(action: Action, keymap: KeyMap | None) -> bool:
    """Whether a person can call it at all: it has a key, and those of a drill are only for a drill."""
    if Scope.DRILL in action.scopes and (keymap is None or action.id not in keymap):
        return False
    return bool(in_keymap(action.id, action.keys, keymap))


def textual_keymap(chosen: KeyMap) -> dict[str, str]:
    """The same for `App.set_keymap`. Textual takes no key for the default one: a key that no keyboard has."""
    return {action_id: _textual(keys) or f"not-offered-{action_id}" for action_id, keys in chosen.items()}


def _textual(keys: Iterable[str]) -> str:
    """Keys as Textual takes them: separated by commas, so that the comma itself has to be named."""
    return ",".join("comma" if key == "," else key for key in keys)


def key_problems(overrides: Mapping[str, Sequence[str]], file: str = "") -> list[Problem]:
    """The problems with the settings' `[keys]` table in `file`; empty if there are none."""
    if not overrides:
        return []
    names = [action.id for action in ACTIONS]
    problems = [
        Problem(file, f"keys.{each}", "an unknown action", "one of " + ", ".join(names), nearest(each, names))
        for each in overrides
        if each not in names
    ]
    chosen = _normalised({action_id: keys for action_id, keys in overrides.items() if action_id in names})
    for action_id, keys in chosen.items():
        if not keys:
            problems.append(Problem(file, f"keys.{action_id}", "nothing", "a key"))
        faults = ((key, key_fault(key)) for key in keys)
        problems += [
            Problem(file, f"keys.{action_id}", f"{shown(key)} cannot be used: {fault}")
            for key, fault in faults
            if fault
        ]
    return problems + _conflicts(chosen, file)


def _conflicts(chosen: KeyMap, file: str) -> list[Problem]:
    return [
        Problem(file, "keys", f"{shown(display(key))} is bound twice, to {first.id} and {second.id}")
        for first, second in itertools.combinations(ACTIONS, 2)
        if _overlap(first, second) and chosen.keys() & {first.id, second.id}
        for key in in_keymap(first.id, first.keys, chosen)
        if key in in_keymap(second.id, second.keys, chosen)
    ]


def _overlap(first: Action, second: Action) -> bool:
    """Whether there is a screen on which both work."""
    scopes = {*first.scopes, *second.scopes}
    everywhere = Scope.APP in scopes or Scope.DRILL in scopes
    return everywhere or not set(first.scopes).isdisjoint(second.scopes)
