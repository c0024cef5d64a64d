"""Keeps a choice made on the screen in the settings file, or else for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["keep_choice"]


def keep_choice(app: Cockpit, key: str, value: object, message: str) -> None:
    """Saves the setting `key`, and reports after `told` whether it is saved, and if not, why."""
    from claude_tui.settings import update_file

    if app.served:
        # In a browser, the settings belong to the person who serves the dashboard.
        app.notify(f"{message}; for this session only.", about=key, timeout=3, markup=False)
        return
    file = app.settings.file
    if file is None:
        app.notify(f"{message}; for this session only: no settings file.", about=key, timeout=3, markup=False)
        return
    if (problem := update_file(file, key, value)) is not None:
        app.notify(
            f"{message}; for this session only: {problem}", about=key, severity="warning", markup=False
        )
        return
    origin = app.settings.origin(key).kind
    but = f"; the {origin} still overrides it" if origin in ("flag", "environment") else ""
    app.notify(f"{message}. Saved in {file.name}{but}.", about=key, timeout=3, markup=False)
