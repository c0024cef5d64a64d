"""Who sits at the terminal, and at which machine, as far as the system knows."""

from __future__ import annotations

import getpass
import socket

from claude_tui.model.limits import MAX_NAME
from claude_tui.model.text import inert

__all__ = ["host_name", "login_name"]


def login_name() -> str:
    """The login name, a guess that the user may correct; never empty."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no entry in any list of users.
        name = ""
    return inert(name, MAX_NAME) or "somebody"


def host_name() -> str:
    """The name of this machine; empty where it has none."""
    return inert(socket.gethostname(), MAX_NAME)
