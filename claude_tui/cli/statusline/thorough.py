"""Finds the store by loading the settings: slow, but always correct."""

from __future__ import annotations

from collections.abc import Mapping

from claude_tui.engine.sources import store_name
from claude_tui.probes.credentials import Credentials
from claude_tui.settings import load

__all__ = ["place"]


def place(config: str | None, flags: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The path of the store. Raises SettingsError."""
    settings = load(flags, environ, config=config)
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    return str(settings.data_dir / store_name(credentials))
