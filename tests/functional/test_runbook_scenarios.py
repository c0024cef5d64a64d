"""From real exchanges to the right answer: probes against each scenario, diagnosis, and the walk."""

from __future__ import annotations

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.snapshot import EngineState, Spend, Target
from claude_tui.model.text import Redactor
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.messages import MessagesProbe
from claude_tui.probes.models import ModelsProbe
from claude_tui.probes.status_page import StatusPageProbe
from claude_tui.runbook import facts_of, follow, shipped
from claude_tui.simulator.server import Simulator
from tests.builders import texts
from tests.simulated import ManualClock, simulated

MODEL = "claude-haiku-5-5"
ROUND_S = 15.0
ROUNDS = 12


async def observed(simulator: Simulator, clock: ManualClock, round_s: float = ROUND_S) -> History:
    """What the three probes see, round by round."""
    environ = {"ANTHROPIC_API_KEY": "sk-ant-api03-test-no-real-key", "ANTHROPIC_BASE_URL": simulator.base_url}
    credentials = Credentials.from_environ(environ)
    common = {"clock": clock, "redactor": Redactor(credentials.secrets)}
    probes = (
        StatusPageProbe([simulator.status_url], timeout_s=5, **common),
        ModelsProbe(credentials, timeout_s=5, **common),
        MessagesProbe(credentials, lambda: MODEL, timeout_s=5, **common),
    )
    history = History()
    try:
        for _ in range(ROUNDS):
            for probe in probes:
                report = await probe.run()
                history.add_observation(report.observation)
                if report.status is not None:
                    history.add_status(report.status)
                if report.catalogue is not None:
                    history.add_catalogue(report.catalogue)
            clock.advance(round_s)
    finally:
        for probe in probes:
            await probe.aclose()
    return history


@pytest.mark.parametrize(
    ("scenario", "answers"),
    [
        ("captive-portal", {"captive_portal"}),
        ("claude-ai-only", {"other_product"}),
        ("edge-block", {"edge_block"}),
        ("gateway-masked", {"overloaded_masked"}),
        ("healthy", {"all_well"}),
        ("auth-outage", {"auth_outage"}),
        ("key-revoked", {"key_revoked"}),
        ("midstream", {"overloaded", "streams_cut", "stream_errors"}),
        ("model-retired", {"model_not_served", "model_retired"}),
        ("network-down", {"cut_off", "connection"}),
        ("outage", {"outage"}),
        ("overload", {"overloaded"}),
        ("rate-limit", {"limit_input", "limit_requests", "limit_output"}),
        ("spend-limit", {"spend_tier"}),
        ("status-lag", {"intermittent", "outage"}),
        ("status-page-down", {"all_well"}),
    ],
)
async def test_the_data_of_a_scenario_leads_to_its_answer(scenario: str, answers: set[str]) -> None:
    clock = ManualClock()
    async with simulated(scenario, at_s=10, clock=clock, seed=5) as simulator:
        history = await observed(simulator, clock)
        target = Target("test", simulator.base_url, "127.0.0.1", MODEL)
    engine = EngineState(target, (), Spend(0, 0.5), (), demo=scenario)
    options = Options(messages_interval_s=ROUND_S, status_interval_s=ROUND_S)
    verdict = diagnose(history, clock.now(), options)
    facts = facts_of(build_snapshot(history, clock.now(), engine, options), verdict)
    assert follow(shipped(), facts).node in answers, (verdict.cause, texts(verdict))
