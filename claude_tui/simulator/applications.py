"""Invented applications that call the API, with the pace and the sizes of real ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from claude_tui.simulator.generation import LONGEST, SHORTEST
from claude_tui.simulator.script import ModelPlan, Rates, Scenario, State

__all__ = ["APPLICATIONS", "DEMO_LOAD", "SIZES", "InventedApplication", "model_of", "with_room"]


@dataclass(frozen=True, slots=True)
class InventedApplication:
    """One application."""

    name: str
    """What it is called."""
    share: float
    """Its share of all calls."""
    line: str
    """The line of the models that it asks."""
    prompt_tokens: int
    """The median size of its prompts."""
    max_tokens: int
    """The most tokens of an answer."""
    streamed: float
    """The share of its calls that ask for a stream."""
    retries: int
    """How often it repeats a call that failed."""
    waits: bool = True
    """Whether it waits as long as an answer asks it to, or only as long as it would have in any case."""


APPLICATIONS = (
    InventedApplication("checkout", 0.35, "haiku", 400, 64, streamed=1.0, retries=2),
    InventedApplication("batch", 0.30, "sonnet", 1500, 64, streamed=0.0, retries=4, waits=False),
    # A few of its answers are cut off by max_tokens.
    InventedApplication("support", 0.25, "sonnet", 1200, 46, streamed=0.9, retries=2),
    InventedApplication("review", 0.10, "opus", 3000, 64, streamed=0.5, retries=1),
)
DEMO_LOAD = 1.0
"""Calls a second in a demo: enough for shares that mean something, and little work.

Each costs the simulator's thread 3 ms of a core, as it is asked, passed on and answered in one process.
"""
SIZES = (0.5, 1.0, 1.0, 2.0)
"""By what an application's prompts differ from their median size."""


def model_of(application: InventedApplication, scenario: Scenario) -> str:
    """The model that an application asks: the newest active one of its line, else of any."""
    active = [model for model in scenario.models if model.lifecycle == "active"] or list(scenario.models)
    return max(active, key=lambda model: _preference(model, application.line)).id


def _preference(model: ModelPlan, line: str) -> tuple[bool, float]:
    return (model.line or "") == line, model.created_at.timestamp()


def with_room(scenario: Scenario, per_second: float) -> Scenario:
    """The scenario with limits that leave room for the applications' calls.

    So a limit is reached when the scenario says so, not because of the load.
    """
    output = (SHORTEST + LONGEST) / 2
    prompt = sum(application.share * application.prompt_tokens for application in APPLICATIONS)
    a_minute = per_second * 60
    # Repeated calls need room, too.
    more = Rates(a_minute * 1.5, a_minute * prompt * 1.5, a_minute * output * 1.5)
    phases = tuple(replace(phase, state=_roomier(phase.state, more)) for phase in scenario.phases)
    return replace(scenario, phases=phases, baseline=_roomier(scenario.baseline, more))


def _roomier(state: State, more: Rates) -> State:
    limits, load = state.limits, state.load
    requests = _grown(limits.requests, load.requests, more.requests)
    prompts = _grown(limits.input_tokens, load.input_tokens, more.input_tokens)
    answers = _grown(limits.output_tokens, load.output_tokens, more.output_tokens)
    grown = zip(requests, prompts, answers, strict=True)
    limits, load = (Rates(*rates) for rates in grown)
    return replace(state, limits=limits, load=load)


def _grown(limit: float, load: float, more: float) -> tuple[float, float]:
    """A limit with room, and what others use of it: what is too much for it stays as much too much."""
    room = limit + more
    return room, load * room / limit if load > limit else load
