"""The runbook as plain text, without colours, for people without the dashboard."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from claude_tui.knowledge import KnownError, knowledge
from claude_tui.model.format import NO_BREAK, plain, unbroken
from claude_tui.model.verdict import Cause, Severity
from claude_tui.runbook.facts import FACT_DEFINITIONS
from claude_tui.runbook.placeholders import Placeholders
from claude_tui.runbook.values import Check, Command, Node, Playbook, Runbook, Step

__all__ = ["cause_text", "facts_text", "tree_text"]

_STEP = "   "


def tree_text(runbook: Runbook, placeholders: Placeholders, width: int = 80) -> str:
    """The first five minutes, the decision tree, the error table, and the names of the playbooks."""
    return _page(
        [
            *_heading("The first five minutes"),
            *_checks(runbook, placeholders, width),
            *_heading("The decision tree"),
            *_tree(runbook, placeholders, width),
            *_heading("Errors and what they mean"),
            *_errors(knowledge().errors, width),
            *_heading("Playbooks"),
            *_playbooks(runbook, width),
        ]
    )


def cause_text(runbook: Runbook, name: str, placeholders: Placeholders, width: int = 80) -> str:
    """The answers, errors and playbook for a cause, or the playbook with that name. Raises RunbookError."""
    playbook = runbook.playbook_named(name)
    cause = Cause(name) if name in set(Cause) else None
    lines: list[str] = []
    if cause is not None:
        lines += _heading(plain(cause.value).capitalize())
        answers = [node for node in runbook.nodes.values() if cause in node.causes]
        for node in answers:
            lines += [*_answer(placeholders.node(node), width, ""), ""]
        rows = [row for row in knowledge().errors if row.cause is cause]
        if rows:
            lines += [*_heading("Errors"), *_errors(rows, width)]
    lines += _playbook(playbook, placeholders, width)
    return _page(lines)


def facts_text(width: int = 80) -> str:
    """The facts that `when` and `shows` in a runbook file may name."""
    lines = _heading("Facts")
    for definition in FACT_DEFINITIONS:
        values = " · ".join(definition.kind.choices) or definition.kind.type.value
        lines += _wrapped(f"{definition.name:<18}{definition.doc}", width, "", " " * 18)
        lines += _wrapped(values, width, " " * 18)
    return "\n".join(lines)


def _page(lines: Iterable[str]) -> str:
    """The lines as one text, with runs of empty lines reduced to one."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip()


def _heading(text: str) -> list[str]:
    return [text, "=" * len(text), ""]


def _wrapped(text: str, width: int, first: str, rest: str | None = None) -> list[str]:
    rows = textwrap.wrap(
        unbroken(text),
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [row.replace(NO_BREAK, " ") for row in rows]


def _code(text: str) -> list[str]:
    """Code to copy. It is not wrapped or indented, as that would break Python and here-documents."""
    return ["", text, ""]


def _checks(runbook: Runbook, placeholders: Placeholders, width: int) -> Iterator[str]:
    for number, check in enumerate(runbook.checks, 1):
        yield from _check(number, check, placeholders, width)


def _check(number: int, check: Check, placeholders: Placeholders, width: int) -> Iterator[str]:
    yield f"{number}. {check.title}"
    yield from _wrapped(check.reads, width, _STEP)
    for command in check.commands:
        yield ""
        yield _title(command, _STEP)
        yield from _code(placeholders.fill(command.text))


def _sections(runbook: Runbook) -> dict[str, int]:
    """A number for each question, those nearest to the start first."""
    numbers = {runbook.start: 1}
    waiting = [runbook.start]
    while waiting:
        for branch in runbook.nodes[waiting.pop(0)].branches:
            if branch.to not in numbers and not runbook.nodes[branch.to].is_answer:
                numbers[branch.to] = len(numbers) + 1
                waiting.append(branch.to)
    return numbers


def _tree(runbook: Runbook, placeholders: Placeholders, width: int) -> Iterator[str]:
    numbers = _sections(runbook)
    printed: set[str] = set()
    for node_id, number in numbers.items():
        node = placeholders.node(runbook.nodes[node_id])
        yield f"{number}. {node.title.upper()}"
        yield from _wrapped(node.text, width, _STEP)
        if node.help:
            yield from _wrapped(f"({node.help})", width, _STEP)
        yield from _commands(node, _STEP)
        for branch in node.branches:
            yield ""
            yield from _wrapped(f"- {branch.label}", width, _STEP, f"{_STEP}  ")
            yield from _target(runbook.nodes[branch.to], numbers, printed, placeholders, width)
        yield ""


def _target(
    node: Node, numbers: dict[str, int], printed: set[str], placeholders: Placeholders, width: int
) -> Iterator[str]:
    """Where a branch leads: an answer in full the first time, later a reference to it."""
    indent = _STEP * 2
    if node.id in numbers:
        yield f"{indent}go to {numbers[node.id]}. {node.title}"
    elif node.id in printed:
        yield from _wrapped(f'see "{node.title}" above', width, indent)
    else:
        printed.add(node.id)
        yield from _answer(placeholders.node(node), width, indent)


def _answer(node: Node, width: int, indent: str) -> list[str]:
    whose = f" [{node.side.owner}]" if node.side is not None else ""
    lines = _wrapped(f"=> {node.title}{whose}", width, indent)
    lines += _wrapped(node.text, width, indent)
    lines += _wrapped(f"First: {node.first}", width, indent, f"{indent}  ") if node.first else []
    lines += _wrapped(f"({node.help})", width, indent) if node.help else []
    facts = []
    if node.severity is not None and node.severity is not Severity.NONE:
        facts.append(f"Severity to consider: {node.severity.value}")
    if node.playbook is not None:
        facts.append(f"Playbook {node.playbook}")
    lines += _wrapped(". ".join(facts) + ".", width, indent) if facts else []
    return [*lines, *_commands(node, indent)]


def _commands(node: Node, indent: str) -> Iterator[str]:
    for command in node.commands:
        yield _title(command, indent)
        yield from _code(command.text)


def _errors(rows: tuple[KnownError, ...] | list[KnownError], width: int) -> Iterator[str]:
    for row in sorted(rows, key=lambda row: row.general):
        marks = " ".join(str(value) for value in (row.status, row.type, row.code) if value is not None)
        yield f"{marks or f'any other {plain(row.outcome.value)}'} ({row.side.owner})"
        retry = f" {row.retry.words}" if row.retry is not None else ""
        yield from _wrapped(f"{row.meaning}{retry}", width, _STEP)
    yield ""


def _title(command: Command, indent: str) -> str:
    return f"{indent}{command.title}" + ("" if command.title.endswith("?") else ":")


def _playbooks(runbook: Runbook, width: int) -> Iterator[str]:
    for playbook in runbook.playbooks.values():
        causes = ", ".join(sorted(cause.value for cause in playbook.causes))
        yield f"{playbook.id:<16}{playbook.title}"
        if causes:
            yield from _wrapped(f"for {causes}", width, " " * 16)
    yield ""
    yield "claude-top runbook --cause NAME prints one, by its own name or by a cause."


def _playbook(playbook: Playbook, placeholders: Placeholders, width: int) -> list[str]:
    lines = _heading(f"Playbook: {playbook.title}")
    lines += [*_wrapped(playbook.intro, width, ""), ""]
    for number, step in enumerate(playbook.steps, 1):
        lines += [*_step(number, placeholders.step(step), width), ""]
    lines += _wrapped(f"Over when: {playbook.over}", width, "")
    return lines


def _step(number: int, step: Step, width: int) -> Iterator[str]:
    roles = f" ({', '.join(step.roles)})" if step.roles else ""
    yield from _wrapped(f"[ ] {number}. {step.title}{roles}", width, "", "    ")
    indent = "    "
    if step.when is not None:
        yield from _wrapped(f"Only when: {step.when.text}", width, indent)
    yield from _wrapped(f"Why: {step.why}", width, indent, f"{indent}  ")
    yield from _wrapped(f"How: {step.how}", width, indent, f"{indent}  ")
    for code in (step.shell, step.python):
        if code:
            yield from _code(code)
    yield from _wrapped(f"It worked when: {step.check}", width, indent, f"{indent}  ")
