"""SQLite history: observations, status reports, model lists, marks, verdict changes, kept bodies."""

from claude_tui.store.store import Store

__all__ = ["Store"]
