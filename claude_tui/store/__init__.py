"""SQLite history: observations, status reports, model lists, marks, verdict changes, named bodies."""

from claude_tui.store.store import Store

__all__ = ["Store"]
