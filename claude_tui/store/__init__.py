"""SQLite history: observations, status reports, model lists."""

from claude_tui.store.store import Store

__all__ = ["Store"]
