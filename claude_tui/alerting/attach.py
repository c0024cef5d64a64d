"""Where the dashboard runs, and how the person who is paged can attach to it."""

from __future__ import annotations

import shlex
from pathlib import Path

from claude_tui.model.limits import MAX_LINE
from claude_tui.model.text import inert

__all__ = ["attach_words"]

_OWN_HOST = "api.anthropic.com"


def attach_words(host: str, data_dir: Path, base_url: str, api_host: str) -> str:
    """`on ops-1: ssh -t ops-1 claude-top --data-dir /var/lib/claude-top`.

    An endpoint other than the provider's is named, as each has a history of its own in the directory.
    """
    command = ["claude-top", "--data-dir", str(data_dir.absolute())]
    if api_host != _OWN_HOST:
        command += ["--base-url", base_url]
    # The shell at the other end splits the words again.
    there = shlex.join(command)
    return inert(f"on {host}: ssh -t {shlex.quote(host)} {there}", MAX_LINE)
