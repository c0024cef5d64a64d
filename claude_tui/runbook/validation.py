"""Whether the parts of a runbook fit together: every way leads somewhere, and somewhere to an answer."""

from __future__ import annotations

from claude_tui.model.verdict import Cause
from claude_tui.runbook.table import RunbookError, nearest
from claude_tui.runbook.values import Node, Runbook

__all__ = ["validate"]


def validate(runbook: Runbook, start_file: str) -> None:
    """Raises RunbookError with file, node and reason. `start_file` is the one that names the start."""
    _start_exists(runbook, start_file)
    for node in runbook.nodes.values():
        _targets_exist(node, runbook)
        _one_otherwise(node)
    _all_reachable(runbook)
    _all_lead_to_an_answer(runbook)
    _every_cause_is_answered(runbook)


def _fail(node: Node, reason: str, key: str = "") -> RunbookError:
    return RunbookError(node.file, f"node.{node.id}{key}", reason)


def _start_exists(runbook: Runbook, file: str) -> None:
    if runbook.start not in runbook.nodes:
        hint = nearest(runbook.start, runbook.nodes)
        raise RunbookError(file, "start", f"no node {runbook.start!r}{hint}")


def _targets_exist(node: Node, runbook: Runbook) -> None:
    for index, branch in enumerate(node.branches, 1):
        where = f"node.{node.id}.branch[{index}].to"
        if branch.to not in runbook.nodes:
            hint = nearest(branch.to, runbook.nodes)
            raise RunbookError(branch.file, where, f"no node {branch.to!r}{hint}")
        if branch.to == node.id:
            raise RunbookError(branch.file, where, "leads to itself")
    if node.playbook is not None and node.playbook not in runbook.playbooks:
        hint = nearest(node.playbook, runbook.playbooks)
        raise _fail(node, f"no playbook {node.playbook!r}{hint}", ".playbook")


def _one_otherwise(node: Node) -> None:
    fallbacks = [branch for branch in node.branches if branch.otherwise]
    if len(fallbacks) > 1:
        # Added branches go in front: the first is the one too many.
        raise RunbookError(fallbacks[0].file, f"node.{node.id}", "more than one branch is `otherwise`")


def _all_reachable(runbook: Runbook) -> None:
    seen, waiting = {runbook.start}, [runbook.start]
    while waiting:
        for branch in runbook.nodes[waiting.pop()].branches:
            if branch.to not in seen:
                seen.add(branch.to)
                waiting.append(branch.to)
    for node in runbook.nodes.values():
        if node.id not in seen:
            raise _fail(node, f"unreachable: no branch leads here from {runbook.start!r}")


def _all_lead_to_an_answer(runbook: Runbook) -> None:
    """What is left when answers, and what leads to them, are taken away goes round in circles."""
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
            raise _fail(node, f"a cycle without exit: {' → '.join(_circle(node, runbook))}")


def _circle(node: Node, runbook: Runbook) -> list[str]:
    path = [node.id]
    while path.count(path[-1]) == 1:
        path.append(runbook.nodes[path[-1]].branches[0].to)
    return path[path.index(path[-1]) :]


def _every_cause_is_answered(runbook: Runbook) -> None:
    for cause in Cause:
        if not any(cause in node.causes for node in runbook.nodes.values() if node.is_answer):
            raise RunbookError("", f"cause {cause.value}", "no answer of the tree has it in its `causes`")
        if not any(cause in playbook.causes for playbook in runbook.playbooks.values()):
            raise RunbookError("", f"cause {cause.value}", "no playbook has it in its `causes`")
