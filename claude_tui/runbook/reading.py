"""Reads the parts of one runbook file: nodes, playbooks, and additions to those of other files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from claude_tui.model.nearest import nearest
from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.runbook.conditions import Condition, ConditionError, FactKind, parse
from claude_tui.runbook.figures import FIGURES
from claude_tui.runbook.placeholders import known_placeholders, placeholders
from claude_tui.runbook.values import CHECK_KEYS, Branch, Check, Command, Node, Playbook, Step

__all__ = ["AddedBranch", "AddedStep", "Parts", "read_parts"]

ROLES = ("on-call", "app owner", "account admin", "network team", "security", "comms")
Kinds = Mapping[str, FactKind]


@dataclass(frozen=True, slots=True)
class AddedBranch:
    """A branch for a node in another file. It goes before the existing ones."""

    node: str
    branch: Branch
    where: str


@dataclass(frozen=True, slots=True)
class AddedStep:
    """A step for a playbook in another file."""

    playbook: str
    """The id of the playbook."""
    after: str
    """The id of the step to put it after; "" for the end."""
    step: Step
    """The step to add."""
    file: str
    """The file that it comes from."""
    where: str
    """Its place in that file, for problems."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The content of one file."""

    start: str
    """The id of the first node; "" if the file does not name one."""
    nodes: tuple[Node, ...]
    """Nodes of the decision tree."""
    playbooks: tuple[Playbook, ...]
    """Whole playbooks."""
    checks: tuple[Check, ...]
    """Checks of the first five minutes."""
    branches: tuple[AddedBranch, ...]
    """Branches to add to nodes of other files."""
    steps: tuple[AddedStep, ...]
    """Steps to add to playbooks of other files."""


def read_parts(table: Table, kinds: Kinds) -> Parts:
    """The parts in `table`, which is a whole file. Problems are added to the table.

    `validate` checks whether the parts fit together.
    """
    parts = Parts(
        start=table.prose("start", ""),
        nodes=tuple(_node(name, node, kinds) for name, node in table.named("node").items()),
        playbooks=tuple(
            _playbook(name, playbook, kinds) for name, playbook in table.named("playbook").items()
        ),
        checks=tuple(_check(name, check) for name, check in table.named("check").items()),
        branches=tuple(_added_branch(branch, kinds) for branch in table.tables("branch")),
        steps=tuple(_added_step(step, kinds) for step in table.tables("step")),
    )
    table.done()
    return parts


def _node(name: str, table: Table, kinds: Kinds) -> Node:
    asks, answers = table.has("question"), table.has("answer")
    if asks is answers:
        table.wrong("", "needs either a question, with branches, or an answer")
    node = Node(
        id=name,
        title=table.prose("title"),
        text=table.prose("question" if asks else "answer", None if asks is not answers else ""),
        help=table.prose("help", ""),
        first=table.prose("first", ""),
        side=table.choice("side", Side) if table.has("side") else None,
        causes=_causes(table),
        severity=table.choice("severity", Severity) if table.has("severity") else None,
        playbook=table.prose("playbook", "") or None,
        probe=table.flag("probe", False),
        shows=table.strings("shows", allowed=kinds, expected="a list of facts"),
        commands=tuple(_command(command) for command in table.tables("command")),
        branches=tuple(_branch(branch, kinds) for branch in table.tables("branch")),
        file=table.file,
    )
    table.done()
    _check_placeholders(table, "", [node.text, node.help, node.first])
    _check_figures(table, "title", node.title)
    if asks and not node.branches and table.sound("branch"):
        table.wrong("", "a question without branches is a dead end")
    if answers and not asks and node.branches:
        table.wrong("", "an answer has no branches: call it a question, or leave them out")
    return node


def _causes(table: Table) -> frozenset[Cause]:
    allowed = [cause.value for cause in Cause]
    return frozenset(
        Cause(name) for name in table.strings("causes", allowed=allowed, expected="a list of causes")
    )


def _command(table: Table) -> Command:
    command = Command(title=table.prose("title"), text=table.prose("run"))
    _check_figures(table, "title", command.title)
    _check_placeholders(table, "run", [command.text])
    table.done()
    return command


def _check(name: str, table: Table) -> Check:
    if name not in CHECK_KEYS:
        table.wrong(
            "", "a check with this name", "one of " + ", ".join(CHECK_KEYS), near=nearest(name, CHECK_KEYS)
        )
    commands = tuple(_command(command) for command in table.tables("command"))
    check = Check(name, table.prose("title"), table.prose("reads"), commands)
    _check_figures(table, "title", check.title)
    _check_figures(table, "reads", check.reads)
    table.done()
    return check


def _branch(table: Table, kinds: Kinds) -> Branch:
    branch = Branch(
        label=table.prose("label"),
        to=table.prose("to"),
        when=_condition(table, kinds),
        otherwise=table.flag("otherwise", False),
        file=table.file,
    )
    table.done()
    _check_figures(table, "label", branch.label)
    if branch.when is not None and branch.otherwise:
        table.wrong("otherwise", "cannot be combined with `when`: a branch has one of them or neither")
    return branch


def _condition(table: Table, kinds: Kinds) -> Condition | None:
    text = table.prose("when", "")
    if not text:
        return None
    try:
        return parse(text, kinds)
    except ConditionError as error:
        table.wrong("when", str(error))
        return None


def _playbook(name: str, table: Table, kinds: Kinds) -> Playbook:
    playbook = Playbook(
        id=name,
        title=table.prose("title"),
        intro=table.prose("intro"),
        over=table.prose("over"),
        causes=_causes(table),
        steps=tuple(_step(step, kinds) for step in table.tables("step")),
        file=table.file,
    )
    table.done()
    for key, text in (("title", playbook.title), ("intro", playbook.intro), ("over", playbook.over)):
        _check_figures(table, key, text)
    if not playbook.steps and table.sound("step"):
        table.wrong("", "a playbook without steps")
    ids = [step.id for step in playbook.steps]
    for step_id in dict.fromkeys(ids):
        if step_id and ids.count(step_id) > 1:
            table.wrong("step", f'two steps called "{step_id}"')
    return playbook


def _step(table: Table, kinds: Kinds) -> Step:
    step = Step(
        id=table.prose("id"),
        title=table.prose("title"),
        why=table.prose("why"),
        how=table.prose("how"),
        check=table.prose("check"),
        roles=_roles(table),
        shell=table.prose("shell", ""),
        python=table.prose("python", ""),
        when=_condition(table, kinds),
    )
    _check_placeholders(table, "", [step.why, step.how, step.shell, step.python, step.check])
    _check_figures(table, "title", step.title)
    table.done()
    return step


def _roles(table: Table) -> tuple[str, ...]:
    """Roles from `ROLES`, or the user's own."""
    roles = table.strings("roles")
    for role in roles:
        if role not in ROLES and (near := nearest(role, ROLES)):
            table.wrong(
                "roles", table.show(role), f"one of {', '.join(ROLES)}, or words of your own", near=near
            )
    return roles


def _check_figures(table: Table, name: str, text: str) -> None:
    """Titles are the same for every incident: they may name thresholds, but no other placeholder."""
    _check_placeholders(table, name, [text], FIGURES)


def _check_placeholders(
    table: Table, name: str, texts: Iterable[str], known: frozenset[str] | None = None
) -> None:
    known = known_placeholders() | FIGURES if known is None else known
    for used in sorted(placeholders(texts) - known):
        given = f"the placeholder {{{{{used}}}}}"
        table.wrong(name, given, "one of " + ", ".join(sorted(known)), near=nearest(used, known))


def _added_branch(table: Table, kinds: Kinds) -> AddedBranch:
    node = table.prose("at")
    return AddedBranch(node, _branch(table, kinds), table.path)


def _added_step(table: Table, kinds: Kinds) -> AddedStep:
    playbook, after = table.prose("playbook"), table.prose("after", "")
    return AddedStep(playbook, after, _step(table, kinds), table.file, table.path)
