"""Who runs this process, and where, as far as the system knows."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import datetime

from claude_tui.model.limits import MAX_NAME
from claude_tui.model.text import inert
from claude_tui.model.watching import Process

__all__ = ["host_name", "login_name", "this_process"]


def login_name() -> str:
    """The login name, which the user may correct; never empty."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may be missing from the user database.
        name = ""
    return inert(name, MAX_NAME) or "somebody"


def host_name() -> str:
    """The machine's own name, without its domain."""
    return inert(socket.gethostname().partition(".")[0], MAX_NAME)


def this_process(since: datetime) -> Process:
    return Process(login_name(), host_name(), os.getpid(), since)
