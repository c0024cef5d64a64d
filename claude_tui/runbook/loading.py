"""The runbook that ships, with what a person's own files add to it or put in its place.

A later file's node, playbook or cause of a playbook replaces an earlier one of the same name; `[[branch]]`
(with `at`) and `[[step]]` (with `playbook`, `after`) add to what is there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from claude_tui.runbook.facts import FACT_KINDS
from claude_tui.runbook.reading import AddedBranch, AddedStep, Parts, read_parts
from claude_tui.runbook.table import RunbookError, Table, nearest
from claude_tui.runbook.validation import validate
from claude_tui.runbook.values import CHECK_KEYS, Check, Node, Playbook, Runbook

__all__ = ["load", "shipped", "user_files"]

_DATA = ("tree", "playbooks")
_MAX_BYTES = 1_000_000


@cache
def shipped() -> Runbook:
    """The runbook as it comes, without anybody's own files."""
    return _assembled(_shipped_parts())


def load(files: Sequence[Path] = ()) -> Runbook:
    """The shipped runbook with `files` laid over it in their order. Raises RunbookError."""
    if not files:
        return shipped()
    return _assembled([*_shipped_parts(), *((str(path), _parts(str(path), _read(path))) for path in files)])


def user_files(directory: Path | None) -> list[Path]:
    """The `*.toml` of a directory, in order of name; none where there is no such directory."""
    if directory is None or not directory.is_dir():
        return []
    return sorted(directory.glob("*.toml"))


@cache
def _shipped_parts() -> tuple[tuple[str, Parts], ...]:
    """Both directories' files in order of name, called by their path within the package."""
    found = []
    for directory in _DATA:
        root = resources.files("claude_tui.runbook").joinpath(directory)
        for item in sorted(root.iterdir(), key=lambda each: each.name):
            if item.name.endswith(".toml"):
                name = f"{directory}/{item.name}"
                found.append((name, _parts(name, item.read_bytes())))
    return tuple(found)


def _read(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        # A pipe would be waited for.
        raise RunbookError(str(path), "", "not a file")
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise RunbookError(str(path), "", f"cannot be read ({error.strerror})") from error
    if len(raw) > _MAX_BYTES:
        raise RunbookError(str(path), "", f"more than {_MAX_BYTES:,} bytes: not a runbook")
    return raw


def _parts(file: str, raw: bytes) -> Parts:
    try:
        data = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RunbookError(file, "", f"byte {error.start} is not UTF-8") from error
    # RecursionError: brackets nested by the thousand. ValueError: a number of thousands of digits.
    except (ValueError, RecursionError) as error:
        raise RunbookError(file, "", f"not TOML ({error})") from error
    return read_parts(Table(file, "", data), FACT_KINDS)


def _assembled(parts: Sequence[tuple[str, Parts]]) -> Runbook:
    """Additions come last, so that they hold whatever file brought what they are added to."""
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
            _take_over(playbook, playbooks)
    for _, part in parts:
        for branch in part.branches:
            _add_branch(branch, nodes)
        for step in part.steps:
            _add_step(step, playbooks)
    in_order = tuple(checks[key] for key in CHECK_KEYS if key in checks)
    runbook = Runbook(start, nodes, playbooks, in_order)
    validate(runbook, start_file)
    return runbook


def _take_over(playbook: Playbook, playbooks: dict[str, Playbook]) -> None:
    """A cause has one playbook: the one that was read last."""
    for other in list(playbooks.values()):
        if playbook.causes & other.causes:
            playbooks[other.id] = replace(other, causes=other.causes - playbook.causes)
    playbooks[playbook.id] = playbook


def _add_branch(added: AddedBranch, nodes: dict[str, Node]) -> None:
    node, file, where = nodes.get(added.node), added.branch.file, f"{added.where}.at"
    if node is None:
        raise RunbookError(file, where, f"no node {added.node!r}{nearest(added.node, nodes)}")
    if node.is_answer:
        raise RunbookError(file, where, f"{added.node!r} is an answer, which has no branches")
    nodes[node.id] = replace(node, branches=(added.branch, *node.branches))


def _add_step(added: AddedStep, playbooks: dict[str, Playbook]) -> None:
    playbook = playbooks.get(added.playbook)
    if playbook is None:
        hint = nearest(added.playbook, playbooks)
        raise RunbookError(added.file, f"{added.where}.playbook", f"no playbook {added.playbook!r}{hint}")
    ids = [step.id for step in playbook.steps]
    if added.step.id in ids:
        reason = f"{playbook.id!r} has a step {added.step.id!r} already"
        raise RunbookError(added.file, f"{added.where}.id", reason)
    if added.after and added.after not in ids:
        raise RunbookError(
            added.file,
            f"{added.where}.after",
            f"{playbook.id!r} has no step {added.after!r}{nearest(added.after, ids)}",
        )
    at = ids.index(added.after) + 1 if added.after else len(ids)
    steps = (*playbook.steps[:at], added.step, *playbook.steps[at:])
    playbooks[playbook.id] = replace(playbook, steps=steps)
