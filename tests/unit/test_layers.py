"""The floors of the house: each package imports only downwards, as pyproject.toml has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_imports_only_go_down() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
