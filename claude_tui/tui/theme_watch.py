"""Notices when the file of a theme has changed."""

from __future__ import annotations

from pathlib import Path

from claude_tui.tui.render.theme import Theme
from claude_tui.tui.render.theme_files import ThemeError, load_theme

__all__ = ["ThemeWatch"]

_FileState = tuple[int, int, int] | None


class ThemeWatch:
    """Watches a theme in the user's folder by name, whether or not the file exists yet.

    A change counts once the file has been the same twice, as an editor may not have written all of it.
    """

    def __init__(self, name: str, user_dir: Path | None) -> None:
        self._name = name
        self._user_dir = user_dir
        self._known = self._last = self._file_state()

    @property
    def has_file(self) -> bool:
        """Whether the theme had a file of the user's when it was last read."""
        return self._known is not None

    def may_have_changed(self) -> bool:
        """Whether `changed` may return something."""
        return self._file_state() != self._known

    def changed(self) -> Theme | ThemeError | None:
        """The theme if it has changed since the last call, or what is wrong with it; otherwise None."""
        previous, self._last = self._last, self._file_state()
        if self._last != previous or self._last == self._known:
            return None
        self._known = self._last
        try:
            return load_theme(self._name, self._user_dir)
        except ThemeError as error:
            return error

    def _file_state(self) -> _FileState:
        if self._user_dir is None:
            return None
        try:
            found = (self._user_dir / f"{self._name}.toml").stat()
        except (OSError, ValueError):
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino)
