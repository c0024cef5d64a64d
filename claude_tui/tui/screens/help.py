"""What to do in which situation, all keys from the action registry, and the meaning of the marks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from claude_tui import __version__
from claude_tui.model.snapshot import Level
from claude_tui.model.watching import Watching
from claude_tui.tui.actions import ACTIONS, Action, Group, Scope, is_offered
from claude_tui.tui.hints import Hint, footer
from claude_tui.tui.keymap import bindings
from claude_tui.tui.keys import KeyMap, display, in_keymap
from claude_tui.tui.panels.zoom_parts import halves, heading, paragraph, side_by_side
from claude_tui.tui.render.glyphs import component_mark, level_mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, cells_of, crop, join, line, pad, plain
from claude_tui.tui.screens.dialog import Answers, DialogScreen, Question, TextField
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.situations import SITUATIONS, situation_lines

__all__ = ["HelpScreen", "found_lines", "help_lines"]

_KEY_CELLS = 14
_TEXT_CELLS, _LONGEST_TEXT = 50, 70
_ID_CELLS = 22
_ID_FROM = 84
_TWO_COLUMNS_FROM = 170
_WHERE = {
    Scope.DASHBOARD: "dashboard",
    Scope.ZOOM: "zoom",
    Scope.EVENT: "event",
    Scope.WALK: "tree",
    Scope.PLAYBOOK: "playbook",
    Scope.FIRST_FIVE: "first checks",
    Scope.DEBRIEF: "debrief",
    Scope.INCIDENT: "incident",
    Scope.POSTMORTEM: "postmortem",
    Scope.HISTORY: "history",
    Scope.HELP: "help",
}
_LONGEST_SEARCH = 60


class HelpScreen(ReaderScreen):
    SCREEN_NAME = "help"
    BINDINGS = bindings(Scope.HELP)

    def __init__(self) -> None:
        super().__init__()
        self._searched = ""

    def title_and_key(self) -> tuple[str, str]:
        return "Help", ""

    def hints(self) -> tuple[Hint, ...]:
        return footer(Scope.HELP, self.cockpit.chosen_keys)

    def content(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        file = self.cockpit.settings.file
        keymap, watching = self.cockpit.chosen_keys, self.cockpit.newest.engine.watching
        if self._searched:
            return found_lines(self._searched, keymap, cells)
        return help_lines(keymap, str(file) if file else None, cells, watching)

    def action_help(self) -> None:
        """Close the screen with the key that opened it."""
        self.dismiss()

    def action_back(self) -> None:
        """Back from the search to the whole help, and from there to the previous screen."""
        if self._searched:
            self._search("")
        else:
            self.dismiss()

    def action_search_help(self) -> None:
        def done(answers: Answers | None) -> None:
            if answers is not None:
                self._search(str(answers[0]))

        field = TextField("Words", self._searched, _LONGEST_SEARCH, "429, snooze, new; empty: all")
        self.app.push_screen(DialogScreen(Question("Search the help", "search", (field,))), done)

    def _search(self, search_text: str) -> None:
        self._searched = search_text
        self.pager.move_to_end(start=True)
        self.pager.repaint()


def help_lines(
    keymap: KeyMap, settings_file: str | None, cells: int, watching: Watching | None = None
) -> Lines:
    """What to do when, who collects, every action under its heading, the marks, how to change keys.

    In two columns if there is room for both.
    """
    watching = watching or Watching()
    if cells < _TWO_COLUMNS_FROM:
        return _joined(_sections(keymap, settings_file, cells, watching))
    left, _ = halves(cells)
    found = _sections(keymap, settings_file, left, watching)
    rows = list(accumulate(map(len, found)))
    split = 1 + min(range(len(found)), key=lambda last: abs(2 * rows[last] - rows[-1]))
    return side_by_side(_joined(found[:split]), _joined(found[split:]), left)


def _joined(sections: Sequence[Lines]) -> Lines:
    return tuple(row for section in sections for row in section)


def _sections(keymap: KeyMap, settings_file: str | None, cells: int, watching: Watching) -> list[Lines]:
    situations = (row for situation in SITUATIONS for row in situation_lines(situation, keymap, cells))
    where = settings_file or "the settings file"
    text = (
        f'To change keys, add a table [keys] to {where} with lines such as probe = "f5"; '
        "the name of each action is shown beside it here."
    )
    return [
        (heading("What to do when", "", cells), *situations, BLANK),
        _who_collects(watching, cells),
        *((heading(group.value, "", cells), *_actions_of(group, keymap, cells), BLANK) for group in Group),
        (heading("Marks", "", cells), *(crop(row, cells) for row in _marks()), BLANK),
        (*paragraph(text, cells, 0, "dim"), line(Span(f"claude-top {__version__}", "faint"))),
    ]


def found_lines(search_text: str, keymap: KeyMap, cells: int) -> Lines:
    """The situations, actions and marks that contain all of these words."""
    terms = search_text.casefold().split()

    def has_all(rows: Lines, *more: str) -> bool:
        text = " ".join([*map(plain, rows), *more]).casefold()
        return all(term in text for term in terms)

    parts: list[tuple[str, list[Lines]]] = [
        ("What to do when", [situation_lines(situation, keymap, cells) for situation in SITUATIONS]),
    ]
    parts += [(group.value, [(row,) for row in _actions_of(group, keymap, cells)]) for group in Group]
    parts.append(("Marks", [(crop(row, cells),) for row in _marks()]))
    out: list[Line] = []
    for title, entries in parts:
        if found := [row for entry in entries if has_all(entry, title) for row in entry]:
            out += [heading(title, "", cells), *found, BLANK]
    note = "esc shows all of it" if out else "nothing has all of these words; esc shows all of it"
    return (crop(line(Span(f"“{search_text}” ", "text", bold=True), Span(note, "dim")), cells), BLANK, *out)


def _actions_of(group: Group, keymap: KeyMap, cells: int) -> list[Line]:
    actions = (action for action in ACTIONS if action.group is group and is_offered(action, keymap))
    return [crop(_action(action, keymap, cells), cells) for action in actions]


def _action(action: Action, keymap: KeyMap, cells: int) -> Line:
    keys = (*in_keymap(action.id, action.keys, keymap), *action.always)
    where = [_WHERE[scope] for scope in action.scopes if scope in _WHERE]
    only = f" ({where[0]})" if len(where) == 1 and Scope.APP not in action.scopes else ""
    room = min(max(cells - _KEY_CELLS - _ID_CELLS, _TEXT_CELLS), _LONGEST_TEXT)
    text = action.help + only
    return line(
        Span(pad(" ".join(display(key) for key in keys), _KEY_CELLS), "accent", bold=True),
        Span(pad(text, max(room, cells_of(text))) if cells >= _ID_FROM else text, "text"),
        Span(f"  {action.id}" if cells >= _ID_FROM else "", "faint"),
    )


def _who_collects(watching: Watching, cells: int) -> Lines:
    """Empty if nobody could share the record, as in a demo."""
    collector = watching.collector
    if collector is None:
        return ()
    since = f"since {collector.since:%Y-%m-%d %H:%M:%S} UTC, pid {collector.pid}"
    if watching.collects:
        text = f"This dashboard collects ({collector.name}, {since}): it probes, records and pages."
    else:
        then = "changes nothing" if watching.read_only else "takes over when that ends"
        text = f"{collector.name} collects ({since}). This dashboard shows what it records, and {then}."
    note = f"· {watching.screens} watching"
    return (heading("Who collects", note, cells), *paragraph(text, cells, 0, "text"), BLANK)


def _marks() -> Lines:
    levels = [level_mark(level) for level in Level]
    states = [
        component_mark(word) for word in ("degraded_performance", "partial_outage", "under_maintenance")
    ]
    return (
        join(line(Span(f"{mark.glyph} ", mark.role), Span(mark.word, "text")) for mark in levels),
        join(line(Span(f"{mark.glyph} ", mark.role), Span(mark.word, "text")) for mark in states),
        join(
            line(Span(f"{glyph} ", role), Span(word, "text"))
            for glyph, role, word in (
                ("!", "bad", "verdict changed"),
                ("▲", "warn", "alert"),
                ("△", "info", "alert acknowledged or snoozed"),
                ("»", "info", "done by a person"),
            )
        ),
        line(
            Span("━━━", "ok"),
            Span("───", "edge"),
            Span("  of a limit: what is left; of a window: what is used", "dim"),
        ),
        line(
            Span("▂▂▅", "info"),
            Span("█", "bad"),
            Span("  over time; red and amber by how it compares with usual", "dim"),
        ),
        line(
            Span("✗ ", "bad"),
            Span("×", "warn"),
            Span("   below a latency: all requests of that time failed, or some", "dim"),
        ),
        line(Span("n/a", "faint"), Span("  not measured, or too few samples to say", "dim")),
    )
