"""The drills that ship: their truth fits the runbook, and the program sees what the truth says it sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.options import Options
from claude_tui.drills.fitting import misfits, require_fit
from claude_tui.drills.tree import nodes_reaching
from claude_tui.engine.demo import DEMO_PACE
from claude_tui.model.verdict import Cause, Side
from claude_tui.runbook import shipped
from claude_tui.simulator.scenario import ScenarioError, drills, load, load_drill
from tests.builders import texts
from tests.functional.test_runbook_scenarios import observed
from tests.simulated import ManualClock, simulated

NAMES = [name for name, _ in drills()]
TELLING = {
    "overload",
    "outage",
    "limit",
    "key",
    "spend",
    "network",
    "slow",
    "retired",
    "stream",
    "429",
    "529",
}


def test_there_are_ten_and_more_and_neither_name_nor_title_tells_what_is_wrong() -> None:
    assert len(NAMES) >= 10
    for name, title in drills():
        words = f"{name} {title}".lower()
        assert not [word for word in TELLING if word in words], title


def test_a_drill_cannot_be_mistaken_for_a_scenario_to_simulate() -> None:
    with pytest.raises(ScenarioError, match="no such scenario"):
        load(NAMES[0])
    with pytest.raises(ScenarioError, match="no such scenario"):
        load_drill("overload")


@pytest.mark.parametrize("name", NAMES)
def test_the_runbook_has_every_step_and_answer_of_the_truth(name: str) -> None:
    _, truth = load_drill(name)
    assert misfits(truth, shipped()) == ()
    for node in truth.nodes:
        assert shipped().start in nodes_reaching({node}, shipped()), f"no way to {node}"


@pytest.mark.parametrize("name", NAMES)
async def test_the_verdict_in_the_main_phase_is_what_the_truth_says(name: str) -> None:
    script, truth = load_drill(name)
    start = next(at for at, phase in script.scheduled if phase.name == truth.phase)
    clock = ManualClock()
    async with simulated(script, at_s=start, clock=clock) as simulator:
        history = await observed(simulator, clock, round_s=DEMO_PACE.messages_s)
    options = Options(messages_interval_s=DEMO_PACE.messages_s, status_interval_s=DEMO_PACE.status_s)
    verdict = diagnose(history, clock.now(), options)
    assert verdict.cause is truth.verdict, (verdict.cause, texts(verdict))


@pytest.mark.parametrize("name", NAMES)
def test_where_the_program_names_the_cause_its_answer_counts_as_right(name: str) -> None:
    _, truth = load_drill(name)
    if truth.verdict is not Cause.HEALTHY:
        assert truth.verdict in {answer.cause for answer in truth.answers}
    assert truth.answer.side is not Side.UNCLEAR


def test_a_truth_that_the_runbook_cannot_meet_is_refused_with_all_that_is_missing() -> None:
    _, truth = load_drill(NAMES[0])
    wrong = replace(truth, steps=("outage.dance",), harmful=("gone.step",), nodes=("start", "nowhere"))
    with pytest.raises(ScenarioError) as refused:
        require_fit("mine", wrong, shipped())
    text = str(refused.value)
    for part in ("outage.dance", "gone.step", "no answer start", "no answer nowhere"):
        assert part in text
