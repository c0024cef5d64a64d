"""Reads the table [truth] of a scenario file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import Cause, Side
from claude_tui.simulator.script import Phase
from claude_tui.simulator.truth import Answer, Truth

__all__ = ["read_truth"]

# An hour is evaluated second by second, which takes a quarter of a minute.
MOST_S = 3600.0
_STEP = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_STEP_WORDS = "a list of steps, each as playbook.step, such as outage.retries"


def read_truth(table: Table, phases: Sequence[Phase]) -> Truth:
    """The truth about a scenario with these phases."""
    answer = _answer(table)
    main = next((phase for phase in phases if phase.cause is not Cause.HEALTHY), phases[0])
    steps = _steps(table, "steps", None)
    harmful = _steps(table, "harmful", ())
    if both := [step for step in harmful if step in steps]:
        table.wrong("harmful", f'"{both[0]}"', "no step that `steps` asks for")
    truth = Truth(
        answer=answer,
        phase=table.one_of("phase", [phase.name for phase in phases], main.name),
        verdict=table.choice("verdict", Cause, answer.cause),
        brief=table.prose("brief"),
        debrief=table.prose("debrief"),
        paged=table.flag("paged"),
        steps=steps,
        first=table.strings("first", (), allowed=steps, expected="some of `steps`"),
        harmful=harmful,
        accepted=tuple(_alternative(alternative) for alternative in table.tables("accepted")),
        seen_after_s=table.number("seen_after_s", 0.0, at_least=0.0, at_most=MOST_S),
        nodes=table.strings("nodes", (), expected="a list of answers of the decision tree"),
    )
    table.done()
    return truth


def _answer(table: Table) -> Answer:
    return Answer(table.choice("side", Side), table.choice("cause", Cause))


def _alternative(table: Table) -> Answer:
    answer = _answer(table)
    table.done()
    return answer


def _steps(table: Table, key: str, default: tuple[str, ...] | None) -> tuple[str, ...]:
    found = table.strings(key, default, expected=_STEP_WORDS)
    for step in found:
        if not _STEP.fullmatch(step):
            table.wrong(key, f'"{step}"', _STEP_WORDS)
    return found
