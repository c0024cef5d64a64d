"""Finds the store of the target without importing the settings, which takes 90 ms.

It understands only simple settings; for others, `thorough` loads them. A test compares the two.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping

__all__ = ["quick_place"]

_BASE_URL = "https://api.anthropic.com"
_PLAIN_URL = re.compile(
    r"(https?)://([A-Za-z0-9][A-Za-z0-9.-]*)(?::([1-9]\d{0,4}))?((?:/[A-Za-z0-9._~-]+)*)/?"
)
_OWN_PORTS = {"http": 80, "https": 443}
_LONGEST_NAME = 100


def quick_place(
    config: str | None, flags: Mapping[str, str], environ: Mapping[str, str], platform: str
) -> str | None:
    """The path of the store, which may not exist; None if the settings have to be loaded."""
    if platform != "linux" or "ANDROID_DATA" in environ:
        return None
    file = _settings_file(config, environ)
    table = _table(file, must_exist=config is not None) if file is not None else None
    if file is None or table is None:
        return None
    directory = _data_dir(flags, environ, table, os.path.dirname(file))  # noqa: PTH120 (pathlib takes 10 ms)
    url = flags.get("base_url")
    for variable in ("CLAUDE_TOP_BASE_URL", "ANTHROPIC_BASE_URL"):
        url = environ.get(variable) or None if url is None else url
    name = _store_name(table.get("base_url", _BASE_URL) if url is None else url)
    return None if directory is None or name is None else os.path.join(directory, name)  # noqa: PTH118


def _settings_file(config: str | None, environ: Mapping[str, str]) -> str | None:
    chosen = config if config is not None else environ.get("CLAUDE_TOP_CONFIG")
    if chosen:
        return _absolute(chosen)
    if config is not None:
        return None
    home = _home(environ, "XDG_CONFIG_HOME", ".config")
    return home and f"{home}/claude-top/config.toml"


def _home(environ: Mapping[str, str], variable: str, usual: str) -> str | None:
    given = environ.get(variable, "")
    if given:
        return given if given.startswith("/") and given == given.strip() else None
    home = environ.get("HOME", "")
    return f"{home}/{usual}" if home.startswith("/") else None


def _table(file: str, *, must_exist: bool) -> dict[str, object] | None:
    """The content of the settings file; None if it cannot be read."""
    try:
        # It must not wait for a pipe; `thorough` reports the problem.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            raw = opened.read(1_000_000)
    except FileNotFoundError:
        return None if must_exist else {}
    except OSError:
        return None
    import tomllib

    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _data_dir(
    flags: Mapping[str, str], environ: Mapping[str, str], table: Mapping[str, object], beside: str
) -> str | None:
    given = flags.get("data_dir", environ.get("CLAUDE_TOP_DATA_DIR") or None)
    if given is not None:
        return _absolute(given)
    if "data_dir" in table:
        value = table["data_dir"]
        return _absolute(value, beside) if isinstance(value, str) else None
    home = _home(environ, "XDG_DATA_HOME", ".local/share")
    return home and f"{home}/claude-top"


def _absolute(path: str, beside: str = "") -> str | None:
    """Resolves a path relative to `beside`, by default the working directory."""
    if not path or "\0" in path or (path.startswith("~") and not path.startswith("~/") and path != "~"):
        return None
    expanded = os.path.expanduser(path)  # noqa: PTH111
    if expanded.startswith(("~", "/")):
        return None if expanded.startswith("~") else expanded
    try:
        return os.path.join(beside or os.getcwd(), expanded)  # noqa: PTH109, PTH118
    except FileNotFoundError:  # the working directory was deleted
        return None


def _store_name(url: object) -> str | None:
    """The name of a target's store, like `engine.store_name`."""
    found = _PLAIN_URL.fullmatch(url.strip()) if isinstance(url, str) else None
    if found is None:
        return None
    scheme, host, port, path = found[1], found[2].lower(), int(found[3] or 0), found[4]
    if port > 65_535:
        return None
    netloc = f"{host}:{port}" if port and port != _OWN_PORTS[scheme] else host
    return re.sub(r"[^A-Za-z0-9.\-]+", "_", f"{netloc}{path}")[:_LONGEST_NAME] + ".db"
