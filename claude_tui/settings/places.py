"""The default paths of the user's settings and data on this system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["APP", "Places"]

APP = "claude-top"


@dataclass(frozen=True, slots=True)
class Places:
    """The default settings file and data directory. XDG variables are honoured on systems that use them."""

    config_file: Path
    data_dir: Path

    @classmethod
    def of_user(cls) -> Self:
        from platformdirs import user_config_path, user_data_path

        return cls(
            config_file=user_config_path(APP, appauthor=False) / "config.toml",
            data_dir=user_data_path(APP, appauthor=False),
        )
