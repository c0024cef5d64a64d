"""From one runbook file to the parts it brings: nodes, playbooks, and additions to those of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.runbook.conditions import Condition, ConditionError, FactKind, parse
from claude_tui.runbook.placeholders import known_placeholders, placeholders
from claude_tui.runbook.table import Table, nearest
from claude_tui.runbook.values import CHECK_KEYS, Branch, Check, Command, Node, Playbook, Step

__all__ = ["AddedBranch", "AddedStep", "Parts", "read_parts"]

ROLES = ("on-call", "app owner", "account admin", "network team", "security", "comms")
Kinds = Mapping[str, FactKind]


@dataclass(frozen=True, slots=True)
class AddedBranch:
    """A branch for a node that another file has. It goes before the ones that are there."""

    node: str
    branch: Branch
    where: str


@dataclass(frozen=True, slots=True)
class AddedStep:
    """A step for a playbook that another file has: after the step `after`, or at the end."""

    playbook: str
    after: str
    step: Step
    file: str
    where: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What one file holds. `start` is "" where it does not say."""

    start: str
    nodes: tuple[Node, ...]
    playbooks: tuple[Playbook, ...]
    checks: tuple[Check, ...]
    branches: tuple[AddedBranch, ...]
    steps: tuple[AddedStep, ...]


def read_parts(table: Table, kinds: Kinds) -> Parts:
    """The parts in `table`, a whole file. Raises RunbookError. Whether they fit together is not looked at."""
    parts = Parts(
        start=table.text("start", ""),
        nodes=tuple(_node(name, each, kinds) for name, each in table.named("node").items()),
        playbooks=tuple(_playbook(name, each, kinds) for name, each in table.named("playbook").items()),
        checks=tuple(_check(name, each) for name, each in table.named("check").items()),
        branches=tuple(_added_branch(each, kinds) for each in table.listed("branch")),
        steps=tuple(_added_step(each, kinds) for each in table.listed("step")),
    )
    table.done()
    return parts


def _node(name: str, table: Table, kinds: Kinds) -> Node:
    asks, answers = table.has("question"), table.has("answer")
    if asks is answers:
        raise table.fail("", "needs either a question, with branches, or an answer")
    node = Node(
        id=name,
        title=table.text("title"),
        text=table.text("question" if asks else "answer"),
        help=table.text("help", ""),
        first=table.text("first", ""),
        side=table.choice("side", Side),
        causes=_causes(table),
        severity=table.choice("severity", Severity),
        playbook=table.text("playbook", "") or None,
        probe=table.flag("probe", False),
        shows=_shows(table, kinds),
        commands=tuple(_command(each) for each in table.listed("command")),
        branches=tuple(_branch(each, kinds) for each in table.listed("branch")),
        file=table.file,
    )
    table.done()
    _check_blanks(table, "", [node.text, node.help, node.first])
    if asks and not node.branches:
        raise table.fail("", "a question without a branch: nobody could go on from it")
    if answers and node.branches:
        raise table.fail("", "an answer has no branches: call it a question, or leave them out")
    return node


def _shows(table: Table, kinds: Kinds) -> tuple[str, ...]:
    shows = table.texts("shows")
    for name in shows:
        if name not in kinds:
            raise table.fail("shows", f"no fact {name!r}{nearest(name, kinds)}")
    return shows


def _causes(table: Table) -> frozenset[Cause]:
    allowed = [cause.value for cause in Cause]
    found = table.texts("causes")
    for name in found:
        if name not in allowed:
            raise table.fail("causes", f"no cause {name!r}{nearest(name, allowed)}")
    return frozenset(Cause(name) for name in found)


def _command(table: Table) -> Command:
    command = Command(title=table.text("title"), text=table.text("run"))
    _check_blanks(table, "run", [command.text])
    table.done()
    return command


def _check(name: str, table: Table) -> Check:
    if name not in CHECK_KEYS:
        known = ", ".join(CHECK_KEYS)
        raise table.fail("", f"no such check{nearest(name, CHECK_KEYS)}; there are {known}")
    commands = tuple(_command(each) for each in table.listed("command"))
    check = Check(name, table.text("title"), table.text("reads"), commands)
    table.done()
    return check


def _branch(table: Table, kinds: Kinds) -> Branch:
    branch = Branch(
        label=table.text("label"),
        to=table.text("to"),
        when=_condition(table, kinds),
        otherwise=table.flag("otherwise", False),
        file=table.file,
    )
    table.done()
    if branch.when is not None and branch.otherwise:
        raise table.fail("otherwise", "stands beside `when`: a branch has one of them or neither")
    return branch


def _condition(table: Table, kinds: Kinds) -> Condition | None:
    text = table.text("when", "")
    if not text:
        return None
    try:
        return parse(text, kinds)
    except ConditionError as error:
        raise table.fail("when", str(error)) from error


def _playbook(name: str, table: Table, kinds: Kinds) -> Playbook:
    playbook = Playbook(
        id=name,
        title=table.text("title"),
        intro=table.text("intro"),
        over=table.text("over"),
        causes=_causes(table),
        steps=tuple(_step(each, kinds) for each in table.listed("step")),
        file=table.file,
    )
    table.done()
    if not playbook.steps:
        raise table.fail("", "a playbook without steps")
    ids = [step.id for step in playbook.steps]
    for step_id in ids:
        if ids.count(step_id) > 1:
            raise table.fail("step", f"two steps called {step_id!r}")
    return playbook


def _step(table: Table, kinds: Kinds) -> Step:
    step = Step(
        id=table.text("id"),
        title=table.text("title"),
        why=table.text("why"),
        how=table.text("how"),
        check=table.text("check"),
        roles=_roles(table),
        shell=table.text("shell", ""),
        python=table.text("python", ""),
        when=_condition(table, kinds),
    )
    _check_blanks(table, "", [step.why, step.how, step.shell, step.python, step.check])
    table.done()
    return step


def _roles(table: Table) -> tuple[str, ...]:
    """Those of `ROLES`, or a person's own words for theirs."""
    roles = table.texts("roles")
    for role in roles:
        if role not in ROLES and (hint := nearest(role, ROLES)):
            raise table.fail("roles", f"no role {role!r}{hint}")
    return roles


def _check_blanks(table: Table, name: str, texts: Iterable[str]) -> None:
    known = known_placeholders()
    for blank in sorted(placeholders(texts) - known):
        there_are = ", ".join(sorted(known))
        raise table.fail(
            name, f"no placeholder {{{{{blank}}}}}{nearest(blank, known)}; there are {there_are}"
        )


def _added_branch(table: Table, kinds: Kinds) -> AddedBranch:
    node = table.text("at")
    return AddedBranch(node, _branch(table, kinds), table.where)


def _added_step(table: Table, kinds: Kinds) -> AddedStep:
    playbook, after = table.text("playbook"), table.text("after", "")
    return AddedStep(playbook, after, _step(table, kinds), table.file, table.where)
