"""The settings, declared once: type, default, meaning, valid values, and where each may be set.

Each module has those of one subject, in a class that only groups fields of Settings. It is never
instantiated, so it does not need the generated methods, which would double the import time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from claude_tui.settings.about import Origin, declared_in, no_entries
from claude_tui.settings.declared.probes import ProbeSettings
from claude_tui.settings.declared.response import ResponseSettings
from claude_tui.settings.declared.screen import ScreenSettings
from claude_tui.settings.declared.thresholds import ThresholdSettings
from claude_tui.settings.places import APP

__all__ = ["DECLARED", "Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ProbeSettings, ThresholdSettings, ScreenSettings, ResponseSettings):
    """The settings in force. Intervals have a minimum, so that a typo cannot hammer an API."""

    file: Path | None = None
    """The settings file, which may not exist; None if no file was considered."""
    origins: Mapping[str, Origin] = field(default_factory=no_entries, repr=False)
    """Where each value came from, by key; keys with a default are missing."""
    warnings: tuple[str, ...] = ()
    """Oddities that are reported but stop nothing."""

    def origin(self, key: str) -> Origin:
        """Where the value of the setting `key` came from."""
        return self.origins.get(key, Origin())

    @property
    def log_path(self) -> Path:
        """The log file."""
        if self.log_file is not None:
            return self.log_file
        from platformdirs import user_log_path

        return user_log_path(APP, appauthor=False) / "claude-top.log"

    @property
    def themes_dir(self) -> Path | None:
        """The user's own themes: `themes` beside the settings file."""
        return self.file.parent / "themes" if self.file is not None else None

    @property
    def runbook_dir(self) -> Path | None:
        """The user's own runbook files: `runbook` beside the settings file."""
        return self.file.parent / "runbook" if self.file is not None else None


DECLARED = tuple(declared for group in Settings.__bases__ for declared in declared_in(group))
"""Every setting, in the order of the manual and the starter file."""
