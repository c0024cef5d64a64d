"""Simulated applications that call the API, with realistic rates and sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from claude_tui.simulator.generation import LONGEST, SHORTEST
from claude_tui.simulator.script import ModelPlan, Rates, Scenario, State

__all__ = ["APPLICATIONS", "DEMO_LOAD", "SIZES", "SimulatedApplication", "model_of", "with_raised_limits"]


@dataclass(frozen=True, slots=True)
class SimulatedApplication:
    """One simulated application."""

    name: str
    """Its name."""
    share: float
    """Its share of all calls."""
    line: str
    """The product line of the models that it calls."""
    prompt_tokens: int
    """The median size of its prompts."""
    max_tokens: int
    """Its `max_tokens`."""
    streamed: float
    """The share of its calls that are streamed."""
    retries: int
    """How often it retries a failed call."""
    waits: bool = True
    """Whether it honours retry-after, or only uses its own backoff."""


APPLICATIONS = (
    SimulatedApplication("checkout", 0.35, "haiku", 400, 64, streamed=1.0, retries=2),
    SimulatedApplication("batch", 0.30, "sonnet", 1500, 64, streamed=0.0, retries=4, waits=False),
    # A few of its responses are cut off by max_tokens.
    SimulatedApplication("support", 0.25, "sonnet", 1200, 46, streamed=0.9, retries=2),
    SimulatedApplication("review", 0.10, "opus", 3000, 64, streamed=0.5, retries=1),
)
DEMO_LOAD = 1.0
"""Calls a second in a demo: enough for meaningful shares, at little cost.

Each takes 3 ms of a core in the simulator's thread, which sends, forwards and answers it.
"""
SIZES = (0.5, 1.0, 1.0, 2.0)
"""How much an application's prompts differ from their median size."""


def model_of(application: SimulatedApplication, scenario: Scenario) -> str:
    """The model that an application calls: the newest active one of its line, or else of any."""
    active = [model for model in scenario.models if model.lifecycle == "active"] or list(scenario.models)
    return max(active, key=lambda model: _preference(model, application.line)).id


def _preference(model: ModelPlan, line: str) -> tuple[bool, float]:
    return (model.line or "") == line, model.created_at.timestamp()


def with_raised_limits(scenario: Scenario, per_second: float) -> Scenario:
    """The scenario with limits raised by the applications' calls.

    A limit is therefore reached when the scenario says so, and not because of the load.
    """
    output = (SHORTEST + LONGEST) / 2
    prompt = sum(application.share * application.prompt_tokens for application in APPLICATIONS)
    a_minute = per_second * 60
    # Retries count against the limits, too.
    more = Rates(a_minute * 1.5, a_minute * prompt * 1.5, a_minute * output * 1.5)
    phases = tuple(replace(phase, state=_raised(phase.state, more)) for phase in scenario.phases)
    return replace(scenario, phases=phases, baseline=_raised(scenario.baseline, more))


def _raised(state: State, more: Rates) -> State:
    limits, load = state.limits, state.load
    requests = _grown(limits.requests, load.requests, more.requests)
    prompts = _grown(limits.input_tokens, load.input_tokens, more.input_tokens)
    answers = _grown(limits.output_tokens, load.output_tokens, more.output_tokens)
    grown = zip(requests, prompts, answers, strict=True)
    limits, load = (Rates(*rates) for rates in grown)
    return replace(state, limits=limits, load=load)


def _grown(limit: float, load: float, more: float) -> tuple[float, float]:
    """A raised limit, and the load by others: a load above the limit exceeds the new one by as much."""
    raised = limit + more
    return raised, load * raised / limit if load > limit else load
