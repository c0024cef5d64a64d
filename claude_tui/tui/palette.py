"""The command palette: the actions of this screen, and by name those of other screens, with their keys."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from textual.command import CommandInput, CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from claude_tui.tui.actions import ACTIONS, Action, Group, Scope, is_offered
from claude_tui.tui.cockpit import cockpit_of
from claude_tui.tui.keys import display, in_keymap
from claude_tui.tui.screens.closing import ClosesOnce

__all__ = ["ActionCommands", "Palette"]


# The actions that open the screens of other actions.
_OPENED_BY = {
    Scope.INCIDENT: "incident",
    Scope.POSTMORTEM: "postmortem",
    Scope.WALK: "decide",
    Scope.PLAYBOOK: "act",
    Scope.FIRST_FIVE: "first_five",
    Scope.HISTORY: "history",
    Scope.ZOOM: "zoom_verdict",
    Scope.HELP: "help",
}
# Below everything that works at once.
_ELSEWHERE = 0.5
# Wide enough for most keys, and a gap.
_KEY_CELLS = 12
# A pasted megabyte is not a command.
_LONGEST_SEARCH = 80


class Palette(ClosesOnce, CommandPalette):
    """Textual's palette, with a guard: its list cannot page before it has been laid out."""

    # Textual's own rules are black and green, even if the terminal has no such colours; its blank rows
    # around the search take the place of commands.
    DEFAULT_CSS = """
    Palette #--input { border: hkey $ct-edge; }
    Palette CommandInput, Palette CommandInput:focus { border: none; height: 1; padding: 0 1; }
    Palette CommandList > .option-list--option { text-style: none; }
    Palette CommandList {
        border-top: blank $ct-edge; border-bottom: hkey $ct-edge; scrollbar-size-vertical: 1;
        scrollbar-background: $surface; scrollbar-color: $ct-edge;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """
    SCREEN_NAME = "palette"

    def on_mount(self) -> None:
        search = self.query_one(CommandInput)
        search.max_length = _LONGEST_SEARCH
        # As in the dialogs: nothing changes by itself.
        search.cursor_blink = False

    def _action_command_list(self, action: str) -> None:
        # Between a change of options and the next layout, the list has no lines, and paging raises KeyError.
        if action.startswith("page") and not self.query_one(CommandList)._index_to_line:
            return
        super()._action_command_list(action)


class ActionCommands(Provider):
    """The actions of the screen below, by name, except for moving around."""

    async def discover(self) -> Hits:
        for action, run in self._possible():
            yield DiscoveryHit(self._row(action, Content(action.help)), run, text=action.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        possible = [*self._possible()]
        elsewhere = [*self._elsewhere({action.id for action, _ in possible})]
        # If some commands contain what was typed, those with only its letters in that order are noise.
        found = [*(action for action, _ in possible), *(action for action, _, _ in elsewhere)]
        strictly = any(_contains(action, query) for action in found)

        def score(action: Action) -> float:
            if strictly and not _contains(action, query):
                return 0.0
            return max(matcher.match(text) for text in _search_texts(action))

        for action, run in possible:
            if (match := score(action)) > 0:
                yield Hit(match, self._row(action, matcher.highlight(action.help)), run, text=action.help)
        for action, opener, run in elsewhere:
            if (match := score(action)) > 0:
                row = self._row(action, matcher.highlight(action.help))
                where = f"{'':{_KEY_CELLS}}on the screen that {self._keys(opener)} opens"
                yield Hit(match * _ELSEWHERE, row, run, text=action.help, help=where)

    def _elsewhere(
        self, here: set[str]
    ) -> Iterator[tuple[Action, Action, partial[Coroutine[Any, Any, bool]]]]:
        """The actions of other screens, each with the one that opens its screen, and a call of both."""
        openers = {action.id: (action, run) for action, run in self._possible()}
        chosen = cockpit_of(self.screen).chosen_keys
        for action in ACTIONS:
            if action.id in here or action.group is Group.MOVE or not is_offered(action, chosen):
                continue
            found = (openers.get(_OPENED_BY.get(scope, "")) for scope in action.scopes)
            if (opener := next(filter(None, found), None)) is not None:
                yield action, *opener

    def _possible(self) -> Iterator[tuple[Action, partial[Coroutine[Any, Any, bool]]]]:
        active = {
            active_binding.binding.id: active_binding
            for active_binding in self.screen.active_bindings.values()
        }
        for action in ACTIONS:
            found = active.get(action.id)
            listed = action.group is not Group.MOVE and action.id != "palette"
            if found is not None and listed and is_offered(action, cockpit_of(self.screen).chosen_keys):
                yield action, partial(self.app.run_action, found.binding.action, found.node)

    def _row(self, action: Action, name: Content) -> Content:
        """The keys, then the name: beside each other, twice as many commands are in sight."""
        return Content.assemble((f"{self._keys(action):{_KEY_CELLS - 1}} ", "bold $accent"), name)

    def _keys(self, action: Action) -> str:
        chosen = cockpit_of(self.screen).chosen_keys
        return "  ".join(display(key) for key in (*in_keymap(action.id, action.keys, chosen), *action.always))


def _search_texts(action: Action) -> tuple[str, str]:
    """What it can be found by."""
    return action.help, action.id.replace("_", " ")


def _contains(action: Action, query: str) -> bool:
    return any(query.casefold() in text.casefold() for text in _search_texts(action))
