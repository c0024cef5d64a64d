"""Further models that are slow while messages to the first are as fast as usual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.views.models import model_states
from claude_tui.knowledge import knowledge
from claude_tui.model.format import latency
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import ModelState
from claude_tui.model.verdict import Evidence, EvidenceKind, Severity

__all__ = ["detect_slow_models", "slow_models_note"]

# How many slow first tokens in a row are mentioned, how many are a problem, and how many fast ones end it.
_MENTIONED, _SLOW, _FAST = 2, 3, 3
# The least and the most first tokens that show what is usual; slowness that has lasted for hours is usual.
_USUAL_OF, _USUAL_MOST = 5, 30
_SPAN = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class _SlowModel:
    """A further model whose newest first tokens are slow."""

    name: str
    """What it is called."""
    tokens: tuple[Observation, ...]
    """Its messages since it became slow, oldest first."""
    usual_s: float | None
    """The usual time to its first token; None if that is unknown."""
    lasting: bool
    """Whether it has been slow for long enough to be a problem."""
    known_at: datetime
    """When that was known."""

    @property
    def now_s(self) -> float:
        return median(observation.timings.first_token or 0.0 for observation in self.tokens[-_SLOW:])

    @property
    def words(self) -> str:
        """`its first token took 8.00 s, usually 120 ms`."""
        usual = f", usually {latency(self.usual_s)}" if self.usual_s is not None else ""
        return f"its first token took {latency(self.tokens[-1].timings.first_token or 0.0)}{usual}"


def slow_models_note(context: DiagnosisContext) -> str:
    """`Opus is slow: its first token took 8.00 s, usually 120 ms.`; empty if none is."""
    return " ".join(f"{model.name} is slow: {model.words}." for model in _slow_models(context))


def detect_slow_models(context: DiagnosisContext) -> Finding | None:
    """A further model has been much slower than usual for several messages in a row."""
    found = [model for model in _slow_models(context) if model.lasting]
    if not found:
        return None
    worst = max(found, key=lambda model: model.now_s)
    usual_s = worst.usual_s or worst.now_s
    return Finding(
        advice=knowledge().advice["model_slow"],
        confidence=0.8,
        severity=Severity.P4,
        evidence=tuple(
            Evidence(EvidenceKind.LATENCY, (f"{model.name}: {model.words}",), observations=model.tokens)
            for model in found
        ),
        words={
            "model": " and ".join(model.name for model in found),
            "ttft": latency(worst.now_s),
            "ratio": f"{worst.now_s / usual_s:.1f}× usual",
        },
        since=min(model.tokens[0].at for model in found),
        detected_at=min(model.known_at for model in found),
    )


def _slow_models(context: DiagnosisContext) -> Iterator[_SlowModel]:
    newest = context.newest(Source.MESSAGES)
    first = newest.model if newest is not None else None
    states = model_states(context.history, context.at, context.options)
    further = [other for other in states if other.known and not other.fails and other.model != first]
    if not further:
        return
    asked = context.history.window(Source.OTHER_MODELS, context.at - _SPAN, context.at)
    for state in further:
        timed = [
            observation
            for observation in asked
            if observation.model == state.model and observation.timings.first_token is not None
        ]
        if (found := _slow_model(context, state, timed)) is not None:
            yield found


def _slow_model(
    context: DiagnosisContext, state: ModelState, timed: Sequence[Observation]
) -> _SlowModel | None:
    """How the slow messages at the end of `timed` began; None if the newest ones are not slow."""
    if not any(_is_slow(context, observation, None) for observation in timed):
        return None
    start: int | None = None
    known: Observation | None = None
    slow = fast = 0
    usual_s: float | None = None
    for index, observation in enumerate(timed):
        if start is None or usual_s is None:
            usual_s = _usual_s(timed[max(index - _USUAL_MOST, 0) : index])
        if _is_slow(context, observation, usual_s):
            start, slow, fast = index if start is None else start, slow + 1, 0
            known = observation if known is None and slow >= _SLOW and usual_s is not None else known
        elif start is not None:
            slow, fast = 0, fast + 1
            if fast >= _FAST or known is None:
                start = known = None
    if start is None or (known is None and slow < _MENTIONED):
        return None
    return _SlowModel(
        state.name, tuple(timed[start:]), usual_s, known is not None, (known or timed[start]).at
    )


def _usual_s(timed: Sequence[Observation]) -> float | None:
    tokens = [observation.timings.first_token or 0.0 for observation in timed]
    return median(tokens) if len(tokens) >= _USUAL_OF else None


def _is_slow(context: DiagnosisContext, message: Observation, usual_s: float | None) -> bool:
    limit_s = max(context.options.ttft_slow_s, context.options.bad_ratio * (usual_s or 0.0))
    return (message.timings.first_token or 0.0) > limit_s
