"""The scenarios that can be played: those that ship, and a person's own files."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from claude_tui.simulator.reading import read_scenario
from claude_tui.simulator.script import Scenario
from claude_tui.simulator.table import ScenarioError, Table, nearest

__all__ = ["Scenario", "ScenarioError", "load", "names"]

HERE = Path(__file__).parent
SHIPPED = HERE / "scenarios"
DEFAULTS = HERE / "defaults.toml"
# A scenario is a page of text: anything larger is some other file, given by mistake.
MAX_BYTES = 1_000_000


def load(name_or_path: str) -> Scenario:
    """The scenario of that name, or in that file.

    Raises ScenarioError when there is none, or the file is not a valid scenario. The format is
    explained at the top of `scenarios/tour.toml`.
    """
    path = _find(name_or_path)
    shown = path.name if path.parent == SHIPPED else str(path)
    return read_scenario(path.stem, Table(shown, "", _toml(path, shown)), _default())


def names() -> list[tuple[str, str]]:
    """The scenarios that ship, by name: (name, one-line description)."""
    paths = sorted(SHIPPED.glob("*.toml"))
    return [(path.stem, Table(path.name, "", _toml(path, path.name)).text("title")) for path in paths]


@cache
def _default() -> Scenario:
    return read_scenario("defaults", Table(DEFAULTS.name, "", _toml(DEFAULTS, DEFAULTS.name)), None)


def _find(name_or_path: str) -> Path:
    shipped = {path.stem: path for path in SHIPPED.glob("*.toml")}
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.suffix == ".toml" or len(path.parts) > 1:
        given = "is a directory" if path.is_dir() else "no such file"
        raise ScenarioError(name_or_path, "", given, "a scenario file")
    known = sorted(shipped)
    given = f"no such scenario{nearest(name_or_path, known)}"
    raise ScenarioError(name_or_path, "", given, "a path to a scenario file, or one of " + ", ".join(known))


def _toml(path: Path, shown: str) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioError(shown, "", f"cannot be read ({error.strerror})", "a readable file") from error
    if len(raw) > MAX_BYTES:
        raise ScenarioError(shown, "", f"more than {MAX_BYTES:,} bytes", "a scenario file")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ScenarioError(shown, "", f"byte {error.start} is not UTF-8", "TOML, in UTF-8") from error
    # RecursionError: brackets nested by the thousand. ValueError: a number of thousands of digits.
    except (ValueError, RecursionError) as error:
        raise ScenarioError(shown, "", f"not TOML ({error})", "TOML, in UTF-8") from error
