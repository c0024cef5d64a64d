"""How optional parts are installed: by a command that works wherever the program came from."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["PACKAGE", "install_command", "source_of"]

PACKAGE = "claude-top-tui"


def install_command(*extras: str) -> str:
    """`pip install '/home/ana/claude-top[serve]'`, or with the name of the package if an index has it."""
    return f"pip install '{source_of(_direct_url())}[{','.join(extras)}]'"


def source_of(direct_url: str | None) -> str:
    """The directory that the program was installed from, or else the package's name.

    `direct_url` is the text of direct_url.json (PEP 610), which an installation from an index does not have.
    """
    import json

    try:
        address = urlsplit(json.loads(direct_url or "{}").get("url", ""))
    except (ValueError, AttributeError):
        return PACKAGE
    path = unquote(address.path)
    return path if address.scheme == "file" and Path(path, "pyproject.toml").is_file() else PACKAGE


def _direct_url() -> str | None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution(PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
