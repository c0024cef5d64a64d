"""What models are called: `Opus` for `claude-opus-5-5`."""

from __future__ import annotations

import re

from claude_tui.model.text import truncate

__all__ = ["DEFAULT_MODEL", "families_in", "model_name"]

DEFAULT_MODEL = "claude-haiku-5-5"
"""The cheapest current model, which is probed or named in a command while no list of models is known."""

_FAMILY = re.compile(r"(?<![a-z])(opus|sonnet|haiku|fable|mythos)(?![a-z])", re.IGNORECASE)


def model_name(model: str) -> str:
    """`Opus` for a Claude model; otherwise its id."""
    family = _FAMILY.search(model)
    return family[1].capitalize() if family is not None else truncate(model)


def families_in(text: str) -> frozenset[str]:
    """The families of models that a text mentions."""
    return frozenset(name.capitalize() for name in _FAMILY.findall(text))
