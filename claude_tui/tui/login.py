"""Who sits at the terminal, as far as the system knows."""

from __future__ import annotations

import getpass

from claude_tui.model.limits import MAX_NAME
from claude_tui.model.text import inert

__all__ = ["login_name"]


def login_name() -> str:
    """The login name, a guess that the user may correct; never empty."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no entry in any list of users.
        name = ""
    return inert(name, MAX_NAME) or "somebody"
