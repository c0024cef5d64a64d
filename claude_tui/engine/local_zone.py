"""The name of this machine's time zone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

__all__ = ["local_zone_name"]

_LOCALTIME = Path("/etc/localtime")
_MARK = "/zoneinfo/"
_UTC = "UTC"


def local_zone_name(environ: Mapping[str, str] = os.environ, localtime: Path = _LOCALTIME) -> str:
    """`Europe/Berlin`: what TZ says, or else the system's own; UTC where neither has a name."""
    named = environ.get("TZ", "").removeprefix(":")
    try:
        linked = os.path.realpath(localtime).partition(_MARK)[2]
    except OSError:
        linked = ""
    candidates = (named.partition(_MARK)[2] or named, linked)
    found = next((name for name in candidates if name and _is_known(name)), _UTC)
    return _UTC if found == f"Etc/{_UTC}" else found


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
