"""The JSON Schemas that ship with the program, as text."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["shipped_schema"]


def shipped_schema(package: str, file: str) -> str:
    """The schema (draft 2020-12) in `file` of `package`."""
    return files(package).joinpath(file).read_text(encoding="utf-8").rstrip("\n")
