"""Loads the built-in runbook, with what the user's files add or replace.

A later file's node, playbook or cause of a playbook replaces an earlier one of the same name; `[[branch]]`
(with `at`) and `[[step]]` (with `playbook`, `after`) add to what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from claude_tui.analysis.options import Options
from claude_tui.model.errors import Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_table import Table
from claude_tui.runbook.facts import FACT_KINDS
from claude_tui.runbook.figures import with_figures
from claude_tui.runbook.reading import AddedBranch, AddedStep, Parts, read_parts
from claude_tui.runbook.validation import validate
from claude_tui.runbook.values import CHECK_KEYS, Check, Node, Playbook, Runbook, RunbookError

__all__ = ["load", "shipped", "user_files"]

_DATA = ("tree", "playbooks")
_DEFAULT = Options()


def shipped(options: Options = _DEFAULT) -> Runbook:
    """The built-in runbook, without user files, with the thresholds of `options`."""
    return _shipped(options)


@cache
def _shipped(options: Options) -> Runbook:
    return with_figures(_assembled(_shipped_parts()), options)


def load(files: Sequence[Path] = (), options: Options = _DEFAULT) -> Runbook:
    """The built-in runbook overlaid with `files`, in order. Raises RunbookError."""
    if not files:
        return shipped(options)
    problems: list[Problem] = []
    own = [_own_parts(path, problems) for path in files]
    _raise_if_any(problems)
    named = ", ".join(file for file, _ in own)
    return with_figures(_assembled([*_shipped_parts(), *own], named), options)


def _own_parts(path: Path, problems: list[Problem]) -> tuple[str, Parts]:
    return str(path), read_parts(Table.of_file(path, RunbookError, problems), FACT_KINDS)


def _raise_if_any(problems: Sequence[Problem]) -> None:
    if problems:
        raise RunbookError(problems)


def user_files(directory: Path | None) -> list[Path]:
    """The `*.toml` files in a directory, by name; none if the directory does not exist."""
    if directory is None or not directory.is_dir():
        return []
    return sorted(directory.glob("*.toml"))


@cache
def _shipped_parts() -> tuple[tuple[str, Parts], ...]:
    """The files of both directories by name, each with its path within the package."""
    found = []
    for directory in _DATA:
        root = resources.files("claude_tui.runbook").joinpath(directory)
        for item in sorted(root.iterdir(), key=lambda entry: entry.name):
            if item.name.endswith(".toml"):
                name = f"{directory}/{item.name}"
                table = Table.of_text(item.read_text("utf-8"), name, RunbookError)
                found.append((name, read_parts(table, FACT_KINDS)))
                table.check()
    return tuple(found)


def _assembled(parts: Sequence[tuple[str, Parts]], own: str = "") -> Runbook:
    """Builds the runbook; `own` names the user's files.

    Additions are applied last, so the order of the files does not matter to them.
    """
    start, start_file = "", ""
    nodes: dict[str, Node] = {}
    playbooks: dict[str, Playbook] = {}
    checks: dict[str, Check] = {}
    for file, part in parts:
        if part.start:
            start, start_file = part.start, file
        nodes |= {node.id: node for node in part.nodes}
        checks |= {check.key: check for check in part.checks}
        for playbook in part.playbooks:
            _add_playbook(playbook, playbooks)
    problems: list[Problem] = []
    for _, part in parts:
        for branch in part.branches:
            _add_branch(branch, nodes, problems)
        for step in part.steps:
            _add_step(step, playbooks, problems)
    _raise_if_any(problems)
    in_order = tuple(checks[key] for key in CHECK_KEYS if key in checks)
    runbook = Runbook(start, nodes, playbooks, in_order)
    validate(runbook, start_file, own)
    return runbook


def _add_playbook(playbook: Playbook, playbooks: dict[str, Playbook]) -> None:
    """Adds a playbook and takes its causes from the others: a cause belongs to the last playbook read."""
    for other in list(playbooks.values()):
        if playbook.causes & other.causes:
            playbooks[other.id] = replace(other, causes=other.causes - playbook.causes)
    playbooks[playbook.id] = playbook


def _add_branch(added: AddedBranch, nodes: dict[str, Node], problems: list[Problem]) -> None:
    node, file, where = nodes.get(added.node), added.branch.file, f"{added.where}.at"
    if node is None:
        near = nearest(added.node, nodes)
        problems.append(Problem(file, where, f'no node "{added.node}"', nearest=near))
    elif node.is_answer:
        problems.append(Problem(file, where, f'"{added.node}" is an answer, which has no branches'))
    else:
        nodes[node.id] = replace(node, branches=(added.branch, *node.branches))


def _add_step(added: AddedStep, playbooks: dict[str, Playbook], problems: list[Problem]) -> None:
    playbook = playbooks.get(added.playbook)
    ids = [step.id for step in playbook.steps] if playbook else []
    if playbook is None:
        key, reason, near = "playbook", f'no playbook "{added.playbook}"', nearest(added.playbook, playbooks)
    elif added.step.id in ids:
        key, reason, near = "id", f'"{playbook.id}" has a step "{added.step.id}" already', ""
    elif added.after and added.after not in ids:
        key, near = "after", nearest(added.after, ids)
        reason = f'"{playbook.id}" has no step "{added.after}"'
    else:
        at = ids.index(added.after) + 1 if added.after else len(ids)
        steps = (*playbook.steps[:at], added.step, *playbook.steps[at:])
        playbooks[playbook.id] = replace(playbook, steps=steps)
        return
    problems.append(Problem(added.file, f"{added.where}.{key}", reason, nearest=near))
