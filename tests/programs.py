"""External programs that some tests compare with. Without one, its tests report what they do not verify."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["needs_program", "program"]

REQUIRED = bool(os.environ.get("TESTS_REQUIRE_PROGRAMS"))
"""Set if the programs must be there, as in `.ci/run`: a missing one is then a failure."""


def program(*names: str) -> str | None:
    """The path of the first of `names` that is installed."""
    return next(filter(None, map(shutil.which, names)), None)


def needs_program(*names: str, verifies: str) -> pytest.MarkDecorator:
    """Skips the tests of a module if none of `names` is installed; fails there if they are required."""
    missing = f"NOT VERIFIED: {verifies}: {names[0]} is not installed"
    if REQUIRED and program(*names) is None:
        raise RuntimeError(f"{missing}, and TESTS_REQUIRE_PROGRAMS says that it must be")
    return pytest.mark.skipif(program(*names) is None, reason=missing)
