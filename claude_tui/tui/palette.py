"""The command palette, which lists the actions that work on the current screen."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from textual.command import CommandInput, CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from claude_tui.tui.actions import ACTIONS, Action, Group, is_offered
from claude_tui.tui.cockpit import cockpit_of
from claude_tui.tui.keys import display, in_keymap
from claude_tui.tui.screens.leaving import LeavesOnce

__all__ = ["ActionCommands", "Palette"]


# A pasted megabyte is not a command.
_LONGEST_SEARCH = 80


class Palette(LeavesOnce, CommandPalette):
    """Textual's palette, with a guard: its list cannot page before it has been laid out."""

    # Textual's own rules are black and green, also where the terminal has no such colours.
    DEFAULT_CSS = """
    Palette #--input { border: hkey $ct-edge; }
    Palette CommandInput, Palette CommandInput:focus { border: blank $ct-edge; }
    Palette CommandList { border-top: blank $ct-edge; border-bottom: hkey $ct-edge; }
    """
    CALLED = "palette"

    def on_mount(self) -> None:
        self.query_one(CommandInput).max_length = _LONGEST_SEARCH

    def _action_command_list(self, action: str) -> None:
        # Between a change of options and the next layout, the list has no lines, and paging raises KeyError.
        if action.startswith("page") and not self.query_one(CommandList)._index_to_line:
            return
        super()._action_command_list(action)


class ActionCommands(Provider):
    """The actions of the screen below, by name, except for moving around."""

    async def discover(self) -> Hits:
        for action, run in self._possible():
            yield DiscoveryHit(action.help, run, help=self._keys(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, run in self._possible():
            score = max(matcher.match(action.help), matcher.match(action.id.replace("_", " ")))
            if score > 0:
                yield Hit(score, matcher.highlight(action.help), run, help=self._keys(action))

    def _possible(self) -> Iterator[tuple[Action, partial[Coroutine[Any, Any, bool]]]]:
        active = {each.binding.id: each for each in self.screen.active_bindings.values()}
        for action in ACTIONS:
            found = active.get(action.id)
            listed = action.group is not Group.MOVE and action.id != "palette"
            if found is not None and listed and is_offered(action, cockpit_of(self.screen).chosen_keys):
                yield action, partial(self.app.run_action, found.binding.action, found.node)

    def _keys(self, action: Action) -> str:
        chosen = cockpit_of(self.screen).chosen_keys
        return "  ".join(display(key) for key in (*in_keymap(action.id, action.keys, chosen), *action.always))
