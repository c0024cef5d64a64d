"""The exceptions: one tree, drawn in one docstring, each of them in it."""

from __future__ import annotations

import ast
import builtins
import re
from functools import cache
from pathlib import Path

import claude_tui
from claude_tui.model.errors import ClaudeTopError, ConfigError, Problem

PACKAGE = Path(claude_tui.__file__).parent
BUILT_IN = {
    name
    for name, builtin in vars(builtins).items()
    if isinstance(builtin, type) and issubclass(builtin, BaseException)
}


@cache
def declared() -> dict[str, str]:
    """Every exception class of the package, with its base."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # TransportError is a value, not an exception: it has no base.
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and node.bases:
                (base,) = (parent.id for parent in node.bases if isinstance(parent, ast.Name))
                found[node.name] = base
    return found


def drawn() -> dict[str, str]:
    """The tree in the docstring: each class with the one that it hangs from."""
    found, above = {"ClaudeTopError": "Exception"}, ["ClaudeTopError"]
    for indent, name in re.findall(
        r"^ *((?:│   |    )*)[├└]── (\w+)", ClaudeTopError.__doc__ or "", re.MULTILINE
    ):
        depth = len(indent) // 4 + 1
        del above[depth:]
        found[name] = above[-1]
        above.append(name)
    return found


def test_the_drawn_tree_is_the_real_one() -> None:
    assert drawn() == declared()


def test_no_exception_stands_beside_the_tree() -> None:
    beside = {name for name, base in declared().items() if base in BUILT_IN}
    assert beside == {"ClaudeTopError"}


def test_a_configuration_error_has_a_line_for_each_problem() -> None:
    error = ConfigError([Problem("a.toml", "x", "1", "text"), Problem("", "", "nothing else")])
    assert str(error) == "a.toml: x: got 1, expected text\nnothing else"
    assert error.summary == "a.toml: x: got 1, expected text (and 1 more)"
    assert ConfigError([Problem("a.toml", "", "is empty")]).summary == "a.toml: is empty"


def test_a_problem_of_a_file_that_was_chosen_elsewhere_says_where() -> None:
    problem = Problem("rules.toml", "", "is not TOML").of("environment RULES")
    assert str(problem) == "environment RULES: rules.toml: is not TOML"
    assert str(Problem("", "x", "odd").of("flag --x")) == "flag --x: x: odd"
