"""The scenarios that can be played: the built-in ones, and the user's own files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.paths import is_missing, is_present
from claude_tui.model.toml_table import Table
from claude_tui.simulator.reading import read_scenario
from claude_tui.simulator.script import Scenario
from claude_tui.simulator.truth import Truth

__all__ = ["Scenario", "ScenarioError", "drills", "load", "load_drill", "names"]

HERE = Path(__file__).parent
SHIPPED = HERE / "scenarios"
DRILLS = HERE / "drills"
DEFAULTS = HERE / "defaults.toml"


class ScenarioError(ConfigError):
    """A scenario cannot be played."""


def load(name_or_path: str) -> Scenario:
    """The scenario of that name, or in that file.

    Raises ScenarioError when there is none, or the file is not a valid scenario. The format is
    explained at the top of `scenarios/tour.toml`.
    """
    return _read(_find(name_or_path, SHIPPED))


def load_drill(name_or_path: str) -> tuple[Scenario, Truth]:
    """The drill of that name, or in that file, with the truth about it. Raises ScenarioError."""
    scenario = _read(_find(name_or_path, DRILLS))
    if scenario.truth is None:
        raise ScenarioError([Problem(name_or_path, "truth", "nothing", "a table [truth]: a drill needs one")])
    return scenario, scenario.truth


def _read(path: Path) -> Scenario:
    shown = path.name if path.parent in (SHIPPED, DRILLS) else str(path)
    return read_scenario(path.stem, Table.of_file(path, ScenarioError, file=shown), _default())


def names() -> list[tuple[str, str]]:
    """The built-in scenarios, sorted by name: (name, one-line title)."""
    paths = sorted(SHIPPED.glob("*.toml"))
    return [(path.stem, Table.of_file(path, ScenarioError).text("title")) for path in paths]


def drills() -> list[tuple[str, str]]:
    """The shipped drills, by name: (name, a description that does not reveal the cause)."""
    paths = sorted(DRILLS.glob("*.toml"))
    return [(path.stem, Table.of_file(path, ScenarioError).text("title")) for path in paths]


@cache
def _default() -> Scenario:
    return read_scenario("defaults", Table.of_file(DEFAULTS, ScenarioError, file=DEFAULTS.name), None)


def _find(name_or_path: str, among: Path) -> Path:
    """The file for a name in a directory of shipped files, or at a path."""
    shipped = {path.stem: path for path in among.glob("*.toml")}
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    is_directory = is_present(path) and path.is_dir()
    if not is_directory and not is_missing(path):
        return path
    if path.suffix == ".toml" or len(path.parts) > 1:
        reason = "is a directory, not a scenario file" if is_directory else "no such file"
        raise ScenarioError([Problem(name_or_path, "", reason)])
    known = sorted(shipped)
    expected = "a path to a scenario file, or one of " + ", ".join(known)
    raise ScenarioError(
        [Problem(name_or_path, "", "no such scenario", expected, nearest(name_or_path, known))]
    )
