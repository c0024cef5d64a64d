"""Which keys call which action: Textual's bindings, and the `[keys]` table of the settings."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from claude_tui.model.errors import Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_text import shown
from claude_tui.tui.actions import ACTIONS, OF_DRILLS, Action, Scope, of_scope
from claude_tui.tui.keys import KeyMap, display, in_keymap, key_fault, normal

if TYPE_CHECKING:
    from textual.binding import BindingType

__all__ = ["bindings", "key_problems", "keymap", "keymap_of_drill", "textual_keymap"]


def bindings(*scopes: Scope) -> list[BindingType]:
    """The `BINDINGS` of a screen with these scopes.

    Their ids are the action ids, by which the keymap remaps them.
    """
    from textual.binding import Binding

    found: list[BindingType] = []
    for action in of_scope(*scopes):
        method = action.method or action.id
        found.append(Binding(_textual(action.keys), method, action.help, show=False, id=action.id))
        always = action.always_method or method
        found += [Binding(key, always, action.help, show=False, priority=True) for key in action.always]
    return found


def keymap(overrides: Mapping[str, Sequence[str]]) -> KeyMap:
    """The settings' `[keys]` table with normalised keys, for a table without `key_problems`."""
    of_drills = {action.id for action in ACTIONS if OF_DRILLS & set(action.scopes)}
    normalised = _normalised(overrides)
    return {action_id: keys for action_id, keys in normalised.items() if action_id not in of_drills}


def keymap_of_drill(overrides: Mapping[str, Sequence[str]], *, over: bool = False) -> KeyMap:
    """The keymap of a drill, which alone has the actions of a drill: those before its end, or after it."""
    offered = Scope.DRILL_OVER if over else Scope.DRILL
    of_drills = [action for action in ACTIONS if OF_DRILLS & set(action.scopes)]
    own = {action.id: action.keys for action in of_drills}
    gone: KeyMap = {action.id: () for action in of_drills if offered not in action.scopes}
    return {**own, **_normalised(overrides), **gone}


def _normalised(overrides: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {action_id: tuple(normal(key) for key in keys) for action_id, keys in overrides.items()}


def textual_keymap(chosen: KeyMap) -> dict[str, str]:
    """The keymap for `App.set_keymap`.

    Textual falls back to the default keys where an action has none: such an action gets a key that no
    keyboard has.
    """
    return {action_id: _textual(keys) or f"not-offered-{action_id}" for action_id, keys in chosen.items()}


def _textual(keys: Iterable[str]) -> str:
    """Keys as Textual takes them: separated by commas, with the comma itself by its name."""
    return ",".join("comma" if key == "," else key for key in keys)


def key_problems(overrides: Mapping[str, Sequence[str]], file: str = "") -> list[Problem]:
    """The problems with the settings' `[keys]` table in `file`; empty if there are none."""
    if not overrides:
        return []
    names = [action.id for action in ACTIONS]
    problems = [
        Problem(
            file, f"keys.{action}", "an unknown action", "one of " + ", ".join(names), nearest(action, names)
        )
        for action in overrides
        if action not in names
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
    if not set(first.scopes).isdisjoint(second.scopes):
        return True
    # A drill is under way, or over.
    return not scopes <= OF_DRILLS and bool(scopes & {Scope.APP, *OF_DRILLS})
