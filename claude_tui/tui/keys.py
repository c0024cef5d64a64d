"""Keys as people write them: checked, compared and shown. Independent of Textual.

A key is a single character (`p`, `?`), a name (`enter`, `pageup`, `f5`) or either of them after modifiers
(`ctrl+p`, `shift+tab`).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence

__all__ = ["KeyMap", "display", "first_key", "in_keymap", "key_fault", "merged", "normal"]

KeyMap = Mapping[str, tuple[str, ...]]
"""Action id to the keys that replace its defaults; none for an action that is not offered here."""

_ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
_SHOWN = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "delete": "del", "comma": ","} | _ARROWS
_NAMED = {"enter", "tab", "space", "backspace", "insert", "home", "end", *_SHOWN} | {
    f"f{n}" for n in range(1, 25)
}
_MODIFIERS = ("ctrl", "alt", "shift")
_SWALLOWED = {
    "ctrl+a": "it is the prefix key of GNU screen, and of many tmux users",
    "ctrl+b": "it is the prefix key of tmux",
    "ctrl+h": "terminals send it for backspace",
    "ctrl+i": "terminals send it for tab",
    "ctrl+j": "terminals send it for enter",
    "ctrl+m": "terminals send it for enter",
    "ctrl+q": "terminals use it for flow control",
    "ctrl+s": "terminals use it for flow control",
    "ctrl+c": "it always quits",
}


def normal(key: str) -> str:
    """The normal form of a key: `Question_Mark` is `?`, `shift+p` is `P`, `Ctrl+P` is `ctrl+p`."""
    key = key.strip()
    if key.lower() == "comma":
        return ","
    if len(key) == 1:
        return key
    *modifiers, name = key.lower().split("+")
    if modifiers == ["shift"] and len(name) == 1 and name.isalpha():
        return name.upper()
    if len(name) > 1 and name not in _NAMED:
        name = _character_called(name) or name
    return "+".join((*sorted(modifiers), name))


def _character_called(name: str) -> str | None:
    spoken = re.sub("_", " ", name)
    for candidate in (spoken, spoken.replace("hyphen minus", "hyphen-minus")):
        try:
            return unicodedata.lookup(candidate)
        except KeyError:
            continue
    return None


def key_fault(key: str) -> str | None:
    """Why `key`, in its normal form, cannot be bound; None if it can."""
    if key in _SWALLOWED:
        return _SWALLOWED[key]
    if len(key) == 1:
        return None if key.isprintable() and not key.isspace() else "expected a visible character"
    *modifiers, name = key.split("+")
    known = name in _NAMED or (len(name) == 1 and name.isalnum())
    if known and all(modifier in _MODIFIERS for modifier in modifiers):
        return None
    return 'expected a key such as "p", "?", "f5", "ctrl+t" or "pageup"'


def in_keymap(action_id: str, defaults: tuple[str, ...], keymap: KeyMap | None) -> tuple[str, ...]:
    """The keys of an action when the person may have chosen others; empty for one that is not offered."""
    return (keymap or {}).get(action_id, defaults)


def first_key(action_id: str, defaults: tuple[str, ...], keymap: KeyMap | None) -> str:
    """The first of those keys; empty for an action that is not offered."""
    return next(iter(in_keymap(action_id, defaults, keymap)), "")


def display(key: str) -> str:
    """The key as screens show it."""
    if len(key) == 1:
        return key
    *modifiers, name = key.split("+")
    return "+".join((*modifiers, _SHOWN.get(name, name)))


def merged(keys: Sequence[str]) -> str:
    """Several keys in a short form: `1-5` for consecutive ones, else `←/→`."""
    shown = list(dict.fromkeys(display(key) for key in keys))
    follow = all(len(key) == 1 for key in shown) and all(
        ord(after) - ord(before) == 1 for before, after in itertools.pairwise(shown)
    )
    if follow and len(shown) > 2:
        return f"{shown[0]}-{shown[-1]}"
    return "/".join(shown)
