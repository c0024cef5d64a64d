"""How each probed model answers: which of them fail, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.model.model_names import model_name
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import ModelState
from claude_tui.model.text import truncate

__all__ = ["model_states", "names_of"]

# A model fails after two failures among three messages, and answers again after three in a row.
_FAILS, _AMONG, _RECOVERED = 2, 3, 3
_LEAST_SPAN = timedelta(hours=2)
_INTERVALS = 30


def model_states(history: History, at: datetime, options: Options) -> tuple[ModelState, ...]:
    """The state of the most probed model, then of the further ones by name; empty without further ones."""
    interval = timedelta(seconds=options.interval_s(Source.OTHER_MODELS))
    span = max(_LEAST_SPAN, _INTERVALS * interval)
    others: dict[str, list[Observation]] = {}
    for observation in history.window(Source.OTHER_MODELS, at - span, at):
        if observation.model is not None:
            others.setdefault(observation.model, []).append(observation)
    if not others:
        return ()
    states = [_state(model, asked, 4 * interval, at) for model, asked in sorted(others.items())]
    newest = history.latest(Source.MESSAGES, at)
    if newest is None or newest.model is None or newest.model in others:
        return tuple(states)
    asked = history.window(Source.MESSAGES, at - span, at)
    late = timedelta(seconds=options.stale_after_s(Source.MESSAGES)) + 2 * interval
    own = [observation for observation in asked if observation.model == newest.model]
    return (_state(newest.model, own, late, at), *states)


def _state(model: str, asked: Sequence[Observation], late: timedelta, at: datetime) -> ModelState:
    """The state of a model by its messages, oldest first."""
    recent: list[bool] = []
    fails, good = False, 0
    failures: list[Observation] = []
    since = None
    for observation in asked:
        recent = [*recent[1 - _AMONG :], observation.failed]
        good = 0 if observation.failed else good + 1
        if observation.failed:
            failures.append(observation)
        if not fails and observation.failed and sum(recent) >= _FAILS:
            fails = True
            failures = failures[-sum(recent) :]
            since = failures[0].at
        elif fails and good >= _RECOVERED:
            fails, since, recent, failures = False, None, [False], []
    begun = [observation for observation in asked if since is not None and observation.at >= since]
    return ModelState(
        model=model,
        name=model_name(model),
        known=bool(asked) and at - asked[-1].at <= late,
        fails=fails,
        suspect=not fails and bool(asked) and asked[-1].failed,
        since=since,
        failures=tuple(failures) if fails else (),
        asked=len(begun) if fails else len(asked),
        at=asked[-1].at if asked else at,
        good=good if fails else 0,
        needed=_RECOVERED,
    )


def names_of(states: Sequence[ModelState]) -> str:
    """`Opus`, `Haiku and Sonnet`; the ids if two are of one family."""
    names = [state.name for state in states]
    shown = [state.name if names.count(state.name) == 1 else truncate(state.model) for state in states]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
