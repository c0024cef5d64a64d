"""Checks that a runbook fits together: every branch leads to a node, and every node to an answer."""

from __future__ import annotations

from collections.abc import Iterator

from claude_tui.model.errors import Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.verdict import Cause
from claude_tui.runbook.values import Node, Runbook, RunbookError

__all__ = ["validate"]


def validate(runbook: Runbook, start_file: str, own: str = "") -> None:
    """Raises RunbookError with file, node and reason.

    `start_file` is the file that names the start. `own` are the user's files, which problems name that no
    single file causes.
    """
    _raise_if_any(
        [
            *_start_exists(runbook, start_file),
            *(problem for node in runbook.nodes.values() for problem in _branches_fit(node, runbook)),
        ]
    )
    # These checks follow the branches, which must exist.
    _raise_if_any(
        [*_all_reachable(runbook), *_all_reach_an_answer(runbook), *_every_cause_has_an_answer(runbook, own)]
    )


def _raise_if_any(problems: list[Problem]) -> None:
    if problems:
        raise RunbookError(problems)


def _start_exists(runbook: Runbook, file: str) -> Iterator[Problem]:
    if runbook.start not in runbook.nodes:
        near = nearest(runbook.start, runbook.nodes)
        yield Problem(file, "start", f'no node "{runbook.start}"', nearest=near)


def _branches_fit(node: Node, runbook: Runbook) -> Iterator[Problem]:
    for index, branch in enumerate(node.branches, 1):
        where = f"node.{node.id}.branch[{index}].to"
        if branch.to not in runbook.nodes:
            near = nearest(branch.to, runbook.nodes)
            yield Problem(branch.file, where, f'no node "{branch.to}"', nearest=near)
        if branch.to == node.id:
            yield Problem(branch.file, where, "leads to itself")
    if node.playbook is not None and node.playbook not in runbook.playbooks:
        near = nearest(node.playbook, runbook.playbooks)
        yield Problem(node.file, f"node.{node.id}.playbook", f'no playbook "{node.playbook}"', nearest=near)
    fallbacks = [branch for branch in node.branches if branch.otherwise]
    if len(fallbacks) > 1:
        # Added branches go in front, so the first one is the one to blame.
        yield Problem(fallbacks[0].file, f"node.{node.id}", "more than one branch is `otherwise`")


def _all_reachable(runbook: Runbook) -> Iterator[Problem]:
    reached, waiting = {runbook.start}, [runbook.start]
    while waiting:
        for branch in runbook.nodes[waiting.pop()].branches:
            if branch.to not in reached:
                reached.add(branch.to)
                waiting.append(branch.to)
    for node in runbook.nodes.values():
        if node.id not in reached:
            reason = f'unreachable: no branch leads here from "{runbook.start}"'
            yield Problem(node.file, f"node.{node.id}", reason)


def _all_reach_an_answer(runbook: Runbook) -> Iterator[Problem]:
    """Finds cycles: nodes from which no path leads to an answer."""
    done = {node.id for node in runbook.nodes.values() if node.is_answer}
    grew = True
    while grew:
        more = {
            node.id
            for node in runbook.nodes.values()
            if node.id not in done and any(branch.to in done for branch in node.branches)
        }
        grew = bool(more)
        done |= more
    for node in runbook.nodes.values():
        if node.id not in done:
            cycle = _cycle(node, runbook)
            done.update(cycle)
            reason = f"a cycle without an exit: {' → '.join(cycle)}"
            yield Problem(node.file, f"node.{node.id}", reason)


def _cycle(node: Node, runbook: Runbook) -> list[str]:
    path = [node.id]
    while path.count(path[-1]) == 1:
        path.append(runbook.nodes[path[-1]].branches[0].to)
    return path[path.index(path[-1]) :]


def _every_cause_has_an_answer(runbook: Runbook, own: str) -> Iterator[Problem]:
    for cause in Cause:
        if not any(cause in node.causes for node in runbook.nodes.values() if node.is_answer):
            yield Problem(own, f"cause {cause.value}", "no answer in the tree has it in its `causes`")
        if not any(cause in playbook.causes for playbook in runbook.playbooks.values()):
            yield Problem(own, f"cause {cause.value}", "no playbook has it in its `causes`")
