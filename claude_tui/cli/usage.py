"""Invalid usage of the command line."""

from __future__ import annotations

from claude_tui.model.errors import ClaudeTopError

__all__ = ["UsageError"]


class UsageError(ClaudeTopError):
    """The command line asks for something impossible; the message says what would work."""
