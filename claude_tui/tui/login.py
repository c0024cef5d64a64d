"""The user's name, as far as the system knows it."""

from __future__ import annotations

import getpass

from claude_tui.model.limits import MAX_NAME
from claude_tui.model.text import inert

__all__ = ["login_name"]


def login_name() -> str:
    """The login name, which the user may correct; never empty."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # In a container, the user may not be in the user database.
        name = ""
    return inert(name, MAX_NAME) or "somebody"
