"""Wrong use of the command line."""

from __future__ import annotations

from claude_tui.model.errors import ClaudeTopError

__all__ = ["UsageError"]


class UsageError(ClaudeTopError):
    """The command line asks for something that cannot be done. Says what would work."""
