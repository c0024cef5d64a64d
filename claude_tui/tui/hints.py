"""The footer's hints: which keys a screen offers, and which of them fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from claude_tui.tui.actions import ACTIONS, OF_DRILLS, Action, Scope, is_offered
from claude_tui.tui.keys import KeyMap, first_key, merged

__all__ = ["Hint", "fitting", "footer", "footer_of_the_past"]

_IN_THE_PAST = {
    "observation": ("observation_before", "observation_after"),
    "minute": ("minute_before", "minute_after"),
    "event": ("event_before", "event_after"),
    "time": ("go_to",),
    "live": ("bottom",),
}


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
    """The same keys, for a click on the hint."""


def footer(scope: Scope, keymap: KeyMap | None = None, *, without: Collection[str] = ()) -> tuple[Hint, ...]:
    """The hints of a screen, in the registry's order, without the actions whose ids are in `without`."""
    here = {scope, Scope.APP, *OF_DRILLS}
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


def footer_of_the_past(
    scope: Scope,
    keymap: KeyMap | None = None,
    *,
    replayed: bool = False,
    without: Collection[str] = (),
) -> tuple[Hint, ...]:
    """The hints while the past is shown: how to move in time, and nothing that changes shared state.

    A recording (`replayed`) has no live to return to; the key that pauses it takes that place.
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
        # Of equally important hints, the last one goes.
        kept.pop(max(range(len(kept)), key=lambda index: (kept[index].rank, index)))
    return tuple(kept)
