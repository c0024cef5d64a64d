"""Typed settings: flag, then environment, then file, then default; each knows where it came from."""

from claude_tui.settings.about import Declared, Origin
from claude_tui.settings.declared import DECLARED, Settings
from claude_tui.settings.file import SettingsError, create_file, update_file
from claude_tui.settings.load import CONFIG_FLAG, CONFIG_VARIABLE, config_file, load
from claude_tui.settings.places import Places

__all__ = [
    "CONFIG_FLAG",
    "CONFIG_VARIABLE",
    "DECLARED",
    "Declared",
    "Origin",
    "Places",
    "Settings",
    "SettingsError",
    "config_file",
    "create_file",
    "load",
    "update_file",
]
