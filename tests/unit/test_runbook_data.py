"""The runbook that ships: complete, consistent, and with commands that work when copied."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest

from claude_tui.knowledge import knowledge
from claude_tui.model.verdict import Cause
from claude_tui.runbook import Placeholders, begin, commands, shipped, take
from claude_tui.runbook.facts import FACT_DEFINITIONS
from claude_tui.runbook.reading import ROLES
from claude_tui.runbook.values import CHECK_KEYS

RUNBOOK = shipped()
FILLED = Placeholders()
DATA = Path(__file__).parents[2] / "claude_tui" / "runbook"
STEPS = [
    (f"{playbook.id}-{step.id}", FILLED.step(step))
    for playbook in RUNBOOK.playbooks.values()
    for step in playbook.steps
]
NODES = [FILLED.node(node) for node in RUNBOOK.nodes.values()]
ANSWERS = [node for node in NODES if node.is_answer]


def shell() -> Iterator[tuple[str, str]]:
    for check in RUNBOOK.checks:
        yield from ((check.key, command.text) for command in commands(check, FILLED))
    for node in NODES:
        yield from ((node.id, command.text) for command in node.commands)
    yield from ((name, step.shell) for name, step in STEPS if step.shell)


SHELL = [pytest.param(text, id=name) for name, text in shell()]
BODIES = [
    pytest.param(body, id=name)
    for name, text in shell()
    for body in re.findall(r"-d '(\{.*?\})'(?:\s|$)", text, re.DOTALL)
]
PYTHON = [pytest.param(step.python, id=name) for name, step in STEPS if step.python]


def everything() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(DATA.glob("*/*.toml")))


def test_each_answer_can_be_walked_to() -> None:
    """Breadth first over real steps of the machine, so that each way is one that a person can take."""
    walks, seen = [begin(RUNBOOK)], {RUNBOOK.start}
    while walks:
        walk = walks.pop(0)
        for index in range(len(RUNBOOK.nodes[walk.node].branches)):
            further = take(RUNBOOK, walk, index)
            if further.node not in seen:
                seen.add(further.node)
                walks.append(further)
    assert {answer.id for answer in ANSWERS} <= seen


def test_each_answer_says_whose_it_is_and_what_to_do_first() -> None:
    for answer in ANSWERS:
        assert answer.text.endswith("."), answer.id
        assert answer.first.endswith("."), answer.id
        assert answer.side is not None or answer.severity is not None, answer.id


def test_texts_are_short_enough_for_a_small_screen() -> None:
    for node in NODES:
        assert len(node.title) <= 34, node.id
        assert len(node.text) <= 220, node.id
        assert len(node.first) <= 230, node.id
        assert len(node.help) <= 340, node.id
        assert len(node.shows) <= 7, node.id
        assert len(node.branches) <= 11, node.id
        assert all(len(branch.label) <= 76 for branch in node.branches), node.id


def test_a_question_is_a_question_next_to_live_data() -> None:
    for node in NODES:
        assert node.is_answer or node.text.endswith("?"), node.id
        assert node.shows, node.id


def test_each_step_says_why_how_and_how_one_knows() -> None:
    for name, step in STEPS:
        for text in (step.why, step.how, step.check):
            assert text.endswith("."), (name, text)
            assert len(text) <= 420, (name, text)
        assert len(step.title) <= 60, name
        assert step.roles, name
        assert set(step.roles) <= set(ROLES), name


def test_every_cause_has_answers_and_a_playbook() -> None:
    for cause in Cause:
        assert RUNBOOK.playbook_for(cause).steps
        answers = [node for node in RUNBOOK.nodes.values() if cause in node.causes]
        assert any(node.playbook is not None for node in answers)


def test_the_playbooks_that_people_expect_are_there() -> None:
    wanted = {"rate_limited", "outage", "key_compromise", "timeouts", "model_retired", "network", "slow"}
    assert wanted | {"spend_limit", "cost_runaway"} <= set(RUNBOOK.playbooks)
    reached = {node.playbook for node in RUNBOOK.nodes.values()}
    assert set(RUNBOOK.playbooks) <= reached, "every playbook is offered by some answer"


def test_the_three_checks_are_there() -> None:
    assert tuple(check.key for check in RUNBOOK.checks) == CHECK_KEYS


@pytest.mark.parametrize("text", SHELL)
def test_what_is_for_the_shell_fits_the_screen(text: str) -> None:
    assert all(len(line) <= 118 for line in text.splitlines())


@pytest.mark.parametrize("body", BODIES)
def test_what_is_sent_is_a_json_object(body: str) -> None:
    assert isinstance(json.loads(body.replace("'\"$model\"'", "MODEL")), dict)


@pytest.mark.parametrize("text", SHELL)
def test_a_request_has_the_key_by_name_and_a_version_and_ends(text: str) -> None:
    for call in re.findall(r"curl .*?(?<!\\)(?:\n|\Z)", text, re.DOTALL):
        if "/v1/" not in call.replace("--connect-timeout", ""):
            continue
        assert re.search(r'-H "x-api-key: \$ANTHROPIC_(?:ADMIN_)?API_KEY"', call), call
        assert 'anthropic-version: 2026-10-21"' in call
        if "/v1/messages" in call and "organizations" not in call:
            assert "--max-time" in call


@pytest.mark.parametrize("text", PYTHON)
def test_what_is_python_uses_what_the_sdk_has(text: str) -> None:
    names = {
        node.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "anthropic"
    }
    assert all(hasattr(anthropic, name) for name in names)
    assert all(len(line) <= 110 for line in text.splitlines())


def test_no_model_is_named_that_is_retired_or_will_soon_be() -> None:
    named = set(
        re.findall(r"claude-(?:[a-z]+-)?[0-9][a-z0-9.-]*|claude-[a-z]+-[0-9][a-z0-9.-]*", everything())
    )
    assert {name.rstrip(".,") for name in named} <= {"claude-haiku-5-5"}


def test_nothing_looks_like_a_secret_or_an_old_address() -> None:
    text = everything()
    assert not re.search(r"sk-ant-[a-z]+\d\d-\w", text)
    assert "console.anthropic.com" not in text
    assert "console.anthropic" not in text


def test_retry_numbers_come_from_the_table_of_errors() -> None:
    """A change of the table leads to the places that repeat its numbers."""
    policies = knowledge().retries
    backoff, overloaded = policies["backoff"], policies["overloaded"]
    waits = [backoff.wait_s(retry) for retry in range(1, backoff.retries + 1)]
    assert waits == [1, 2, 4]
    assert (overloaded.first_s, overloaded.most_s, overloaded.retries) == (30, 60, 3)
    limited = policies["limited"]
    assert (limited.first_s, limited.most_s) == (5, 60)
    step = RUNBOOK.playbooks["outage"].step("retries")
    assert step is not None
    assert "30 to 60 s" in FILLED.step(step).how


def test_no_blank_is_left_over() -> None:
    for name, step in STEPS:
        assert "{{" not in f"{step.why}{step.how}{step.shell}{step.python}{step.check}", name
    for node in NODES:
        assert "{{" not in f"{node.text}{node.help}{node.first}{node.commands}", node.id


def test_every_fact_is_documented_and_most_are_used() -> None:
    used = {name for node in RUNBOOK.nodes.values() for name in node.shows}
    for node in RUNBOOK.nodes.values():
        used |= {name for branch in node.branches if branch.when for name in branch.when.names}
    for playbook in RUNBOOK.playbooks.values():
        used |= {name for step in playbook.steps if step.when for name in step.when.names}
    assert all(definition.doc.endswith(".") for definition in FACT_DEFINITIONS)
    assert {definition.name for definition in FACT_DEFINITIONS} == used
