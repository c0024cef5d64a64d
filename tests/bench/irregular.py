"""Troubles whose rate is not constant, and mixes: `python -m tests.bench.diagnosis --irregular [--seeds N]`.

Those of `troubles` fail a constant share of the requests, each independently. Real ones come in bursts, grow
and fade, mix kinds, or hit streams only; a diagnosis that knows only the former has learned the bench.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from claude_tui.model.observation import Source
from claude_tui.model.verdict import Cause, Side
from claude_tui.simulator.script import Reply
from tests.bench.episodes import Loss
from tests.bench.mixtures import Part, scenario_of
from tests.bench.troubles import HALF_HOUR, HOUR, ONSET_S, Case

__all__ = ["IRREGULAR"]

R = Reply
Span = tuple[float, float]
THEM = {
    (cause, Side.THEM) for cause in (Cause.PROVIDER_ERRORS, Cause.PROVIDER_OUTAGE, Cause.PROVIDER_OVERLOADED)
}
PATH = {(Cause.NETWORK, Side.PATH)}
MIXED = {R.SERVER_ERROR: 0.5, R.OVERLOADED: 0.3, R.HANG: 0.2}


def _bursts(seed: str, for_s: float, bad_s: float, good_s: float) -> list[Span]:
    """Bad spans of a Gilbert-Elliott channel: both states last for exponential times; it begins bad."""
    dice, at, found = Random(seed), 0.0, []
    while at < for_s:
        end = min(at + dice.expovariate(1 / bad_s), for_s)
        found.append((at, end))
        at = end + dice.expovariate(1 / good_s)
    return found


def _case(
    name: str, right: set[tuple[Cause, Side]], parts: Iterable[tuple[float, dict[Reply, float]]]
) -> Case:
    made = [Part("trouble", "them", for_s, messages) for for_s, messages in parts]
    return Case(
        name,
        frozenset(right),
        sum(part.for_s for part in made),
        scenario_of(name.replace(" ", "-"), *made),
    )


def _weighted(replies: dict[Reply, float], share: float) -> dict[Reply, float]:
    return {reply: share * weight for reply, weight in replies.items()}


def _in_bursts(name: str, replies: dict[Reply, float], bad_s: float, good_s: float, seed: str = "1") -> Case:
    """Nearly all fail in the bursts, and 2% between them."""
    parts, at = [], 0.0
    for begin, end in _bursts(seed + name, HOUR, bad_s, good_s):
        if begin > at:
            parts.append((begin - at, _weighted(replies, 0.02)))
        parts.append((end - begin, _weighted(replies, 0.9)))
        at = end
    return _case(name, THEM, parts)


def _ramp(name: str, shares: Iterable[float], for_s: float = HALF_HOUR) -> Case:
    steps = list(shares)
    return _case(name, THEM, [(for_s / len(steps), {R.SERVER_ERROR: share}) for share in steps])


def _lossy_in_bursts(name: str, bad_s: float, good_s: float, share: float = 0.8) -> Case:
    spans = _bursts(name, HOUR, bad_s, good_s)
    losses = tuple(Loss(share, ONSET_S + begin, ONSET_S + end) for begin, end in spans)
    return Case(
        name,
        frozenset(PATH),
        HOUR,
        scenario_of(name.replace(" ", "-"), Part("trouble", "path", HOUR)),
        losses,
        True,
    )


def _lossy(name: str, share: float, sources: frozenset[Source] = frozenset(Source)) -> Case:
    part = Part("trouble", "path", HOUR)
    losses = (Loss(share, ONSET_S, ONSET_S + HOUR, sources),)
    return Case(name, frozenset(PATH), HOUR, scenario_of(name.replace(" ", "-"), part), losses, True)


UP = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0]
IRREGULAR: dict[str, Case] = {
    case.name: case
    for case in (
        _in_bursts("bursts of 500s", {R.SERVER_ERROR: 1.0}, 60.0, 240.0),
        _in_bursts("short bursts of 529s", {R.OVERLOADED: 1.0}, 20.0, 90.0),
        _in_bursts("bursts of a mix", MIXED, 90.0, 180.0),
        _ramp("ramp up", UP),
        _ramp("ramp down", reversed(UP)),
        _ramp("up and down", [*UP, *reversed(UP)], HOUR),
        _case("mix 20%", THEM, [(HOUR, _weighted(MIXED, 0.2))]),
        _case("mix 60%", THEM, [(HOUR, _weighted(MIXED, 0.6))]),
        _case("streams broken 30%", THEM, [(HOUR, {R.STREAM_CUT: 0.15, R.STREAM_ERROR: 0.15})]),
        _case("streams broken 100%", THEM, [(HALF_HOUR, {R.STREAM_CUT: 0.6, R.STREAM_ERROR_FIRST: 0.4})]),
        _case("500s 7%", THEM, [(HOUR, {R.SERVER_ERROR: 0.07})]),
        _case("500s 33%", THEM, [(HOUR, {R.SERVER_ERROR: 0.33})]),
        _case("504s 80%", THEM, [(HALF_HOUR, {R.TIMED_OUT: 0.8})]),
        _lossy_in_bursts("link lost in bursts", 30.0, 120.0),
        _lossy("lossy link 20%", 0.2),
        _lossy("lossy link 60%", 0.6),
    )
}
