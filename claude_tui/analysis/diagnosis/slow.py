"""Detectors of slow responses, alone and combined with another finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.slow_detection import LongTail, Slow, long_tail, slow_opening, slow_to_end
from claude_tui.knowledge import knowledge
from claude_tui.model.format import latency
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Severity

__all__ = ["also_late", "also_tail", "detect_long_tail", "detect_slow"]

# If more fail than that, the few answers say little about how fast the others would be.
_PARTIAL = 0.5

Detector = Callable[[DiagnosisContext], Finding | None]


def detect_slow(context: DiagnosisContext) -> Finding | None:
    """All messages are slow to start or to finish, or new connections are slow to open."""
    if context.slow is not None:
        return _slow_finding(context, context.slow, "slow_network" if context.slow.network else "slow")
    last = slow_to_end(context.history, context.at, context.options)
    if last is not None:
        return _slow_finding(context, last, "slow_to_end")
    opening = slow_opening(context.history, context.at, context.options)
    return _slow_finding(context, opening, "slow_network") if opening is not None else None


def _slow_finding(context: DiagnosisContext, slow: Slow, advice: str) -> Finding:
    tail = long_tail(context.history, context.at, context.thresholds)
    measured = slow.usual_s is not None
    ratio = f"{slow.ratio:.1f}× usual" if slow.ratio is not None and measured else None
    what = {"slow": "First token after", "slow_to_end": "A few tokens take"}.get(advice)
    alone = "" if any(context.episodes.values()) else ", no errors"
    return Finding(
        advice=knowledge().advice[advice],
        confidence=0.9 if measured else 0.6,
        severity=Severity.P2 if tail else Severity.P4,
        evidence=(
            _latency_evidence(f"{what} {latency(slow.now_s)}{_usual_words(slow)}{alone}", slow)
            if what
            else None,
            _latency_evidence(f"{slow.network[0].upper()}{slow.network[1:]}") if slow.network else None,
            _latency_evidence(slow.server, None, "the network is as usual") if slow.server else None,
            _tail_evidence(context, tail) if tail else None,
        ),
        words={
            "ttft": latency(slow.now_s),
            "ratio": ratio,
            "what": slow.network if advice == "slow_network" else latency(slow.now_s),
        },
        since=_instant(slow.since),
        detected_at=_instant(slow.known_at),
    )


def _usual_words(slow: Slow) -> str:
    if slow.usual_s is None:
        return ""
    return f" against {latency(slow.usual_s)} usually"


def detect_long_tail(context: DiagnosisContext) -> Finding | None:
    """Most messages are fast, but too many take very long."""
    tail = long_tail(context.history, context.at, context.thresholds)
    if tail is None:
        return None
    took = f"{tail.long} of {tail.total} messages took over {context.thresholds.tail_s:g} s"
    return Finding(
        advice=knowledge().advice["slow_to_end"],
        confidence=0.8,
        severity=Severity.P2,
        evidence=(_tail_evidence(context, tail),),
        words={"what": took},
        since=_instant(tail.since),
        detected_at=_instant(tail.known_at),
    )


def _latency_evidence(clause: str, slow: Slow | None = None, *clauses: str) -> Evidence:
    figures = {"now_s": slow.now_s, "usual_s": slow.usual_s} if slow is not None else {}
    known = tuple((name, value) for name, value in figures.items() if value is not None)
    return Evidence(EvidenceKind.LATENCY, (clause, *clauses), known)


def _tail_evidence(context: DiagnosisContext, tail: LongTail) -> Evidence:
    clause = f"{tail.long} of {tail.total} messages took longer than {context.thresholds.tail_s:g} s"
    return Evidence(EvidenceKind.LATENCY, (clause,), (("slow", tail.long), ("asked", tail.total)))


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


# -- combined with another finding ------------------------------------------------------------


def also_tail(detect: Detector) -> Detector:
    """`detect`, with the slowness of the answered messages; many slow ones may raise the severity."""

    def detect_both(context: DiagnosisContext) -> Finding | None:
        found = detect(context)
        if found is None or not found.severity.trouble:
            return found
        late = detect_long_tail(context) or (detect_slow(context) if _some_answered(context) else None)
        if late is None:
            return found
        return replace(_both(found, late), severity=Severity.worst((found.severity, late.severity)))

    return detect_both


def _some_answered(context: DiagnosisContext) -> bool:
    episode = context.open_episode(Source.MESSAGES)
    return episode is None or episode.share < _PARTIAL


def also_late(detect: Detector) -> Detector:
    """`detect`, for findings while messages are answered: if those are slow too, the worse finding leads."""

    def detect_both(context: DiagnosisContext) -> Finding | None:
        found = detect(context)
        if found is None or context.is_stale(Source.MESSAGES):
            return found
        late = detect_slow(context) or detect_long_tail(context)
        if late is None:
            return found
        leads = not late.severity.worse_than(found.severity)
        return _both(found, late) if leads else _both(late, found)

    return detect_both


def _both(first: Finding, second: Finding) -> Finding:
    causes: tuple[Cause, ...] = (*first.also, second.advice.cause, *second.also)
    others = tuple(dict.fromkeys(cause for cause in causes if cause is not first.advice.cause))
    strongest = next((evidence for evidence in second.evidence if evidence is not None), None)
    return replace(first, also=others, evidence=(*first.evidence, strongest))
