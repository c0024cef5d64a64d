"""The judges of what fails: messages, or the list of models alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from claude_tui.analysis.blaming import Lead, lead_among, name_case, retry_after_s, words_for
from claude_tui.analysis.contrast import Contrast, Way, blame, contrast_at
from claude_tui.analysis.evidence import failing_sentence, fine_sentence, models_clause, named
from claude_tui.analysis.finding import Finding
from claude_tui.analysis.leading import is_down
from claude_tui.analysis.reach import is_lost
from claude_tui.analysis.scene import Scene
from claude_tui.analysis.severity import severity_of_messages, worse
from claude_tui.analysis.trouble import Trouble
from claude_tui.analysis.words import brief
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Cause, Severity, Side

__all__ = ["judge_messages", "judge_models"]

# An answer that says the same of the next ones counts as so many failures.
_STANDS_FOR = 3
# Exchanges that tell an outage from errors.
_DOWN_OVER = 120
_DOWN = {"errors": "outage", "errors_no_answer": "outage_no_answer"}


# -- messages ----------------------------------------------------------------------------


def judge_messages(scene: Scene) -> Finding | None:
    """Messages fail, more than by chance, and were heard of lately."""
    trouble = scene.going_on(Source.MESSAGES)
    if trouble is None or not trouble.active or scene.is_stale(Source.MESSAGES):
        return None
    contrast = contrast_at(scene.history, scene.at, trouble.since, scene.options)
    failures = scene.failures_of(trouble)
    lead = lead_among(failures, contrast)
    advice = _as_outage(lead, scene, trouble)
    special = name_case(scene, lead.newest, advice)
    models = scene.going_on(Source.MODELS)
    also = _with_models(scene, models, special.advice.cause, lead.also)
    clause = models_clause(scene, contrast)
    sentence = failing_sentence(scene, trouble, lead.failures, lead.shown)
    if lead.advice.cause is Cause.UNKNOWN:
        return Finding(lead.advice, confidence=0.0, evidence=(f"{sentence}.",))
    return Finding(
        advice=special.advice,
        confidence=_confidence(trouble, lead, contrast, stands=scene.stands) * special.doubt,
        severity=_severity_of_messages(scene, trouble, special.advice),
        evidence=(
            f"{sentence}; {clause}." if clause else f"{sentence}.",
            fine_sentence(scene, contrast, special.advice, trouble.since, lead.newest),
            special.sentence or _key_sentence(scene, special.advice),
            _also_sentence(failures, lead, contrast),
            f"Not asked again: {brief(scene.facts.held)}." if scene.stands and scene.facts.held else "",
        ),
        words=words_for(scene, lead.newest, special.bucket),
        since=trouble.since,
        detected_at=_instant(trouble.confirmed_at),
        retry_after_s=retry_after_s(scene, lead.newest, special.advice),
        bucket=special.bucket,
        also=also,
    )


def _severity_of_messages(scene: Scene, trouble: Trouble, advice: Advice) -> Severity:
    """By how many fail. One that stands is no small share; what no retry changes, meets every message."""
    counted = severity_of_messages(
        scene.history, scene.at, trouble, advice.cause, scene.options, scene.thresholds
    )
    if scene.stands:
        useless = advice.retry is not None and not advice.retry.worthwhile
        every = useless and trouble.failures == trouble.total
        return worse(counted, Severity.P1 if every else Severity.P2)
    if scene.facts.over and _share_of_round(scene, trouble.source) < scene.thresholds.most_fail:
        return Severity.P2 if counted is Severity.P1 else counted
    return counted


def _share_of_round(scene: Scene, source: Source) -> float:
    """What part of a round of probes failed: no history tells whether those before were of better days."""
    seen = scene.recent(source)
    return sum(one.failed for one in seen) / len(seen)


def _as_outage(lead: Lead, scene: Scene, trouble: Trouble) -> Advice:
    """Errors that hit as good as every call are an outage."""
    advice = lead.advice
    if advice.id not in _DOWN or not _is_outage(lead, scene, trouble):
        return advice
    return knowledge().advice[_DOWN[advice.id]]


def _is_outage(lead: Lead, scene: Scene, trouble: Trouble) -> bool:
    if scene.facts.over:
        return _share_of_round(scene, trouble.source) >= scene.thresholds.most_fail_ends
    items = scene.history.exchanges(trouble.source).items
    end = items.upto(scene.at.timestamp())
    first = items.first(lead.changed.at.timestamp()) if lead.changed is not None else trouble.first
    return is_down([one.failed for one in items.values[max(first, end - _DOWN_OVER) : end]])


def _with_models(
    scene: Scene, models: Trouble | None, cause: Cause, also: tuple[Cause, ...]
) -> tuple[Cause, ...]:
    """With the cause for which the list of models fails, where that is another one."""
    family = {Cause.PROVIDER_OUTAGE, Cause.PROVIDER_ERRORS}
    if models is None or not models.active:
        return also
    contrast = contrast_at(scene.history, scene.at, models.since, scene.options)
    other = lead_among(scene.failures_of(models), contrast).advice.cause
    same = other is cause or {other, cause} <= family
    return also if same or other in also else (*also, other)


def _confidence(trouble: Trouble, lead: Lead, contrast: Contrast, *, stands: bool = False) -> float:
    """More with every failure, less for a mix, or where no other source is there to compare with."""
    certain = 1 - 0.5 ** max(trouble.failures, _STANDS_FOR if stands else 0)
    pure = 0.7 + 0.3 * lead.share
    told_apart = 1.0 if contrast.models is not Way.UNKNOWN else 0.85
    # A time-out without phases, or a connection that only messages lose, may be either side's.
    vague = is_lost(lead.newest) and lead.advice.side is Side.THEM
    return certain * pure * told_apart * (0.8 if vague else 1.0)


def _also_sentence(failures: Sequence[Observation], lead: Lead, contrast: Contrast) -> str:
    """What else fails, by name and number."""
    others = [seen for seen in failures if blame(seen, contrast).cause in lead.also]
    kinds = Counter(named(seen) for seen in others)
    told = " and ".join(f"{count} {name}" for name, count in kinds.most_common(2))
    return f"Also, of the last {len(failures)} failures: {told}." if told else ""


def _instant(at: float | None) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at is not None else None


# -- the list of models alone -------------------------------------------------------------


def judge_models(scene: Scene) -> Finding | None:
    """The list of models fails while messages do not, or are not asked."""
    trouble = scene.going_on(Source.MODELS)
    if trouble is None or not trouble.active or scene.is_stale(Source.MODELS):
        return None
    alone = scene.is_stale(Source.MESSAGES)
    if not alone and not scene.ever_answered(Source.MODELS):
        return None
    contrast = contrast_at(scene.history, scene.at, trouble.since, scene.options)
    lead = lead_among(scene.failures_of(trouble), contrast)
    if lead.advice.cause is Cause.UNKNOWN:
        return None
    advice = _alone(lead, scene, trouble) if alone else _beside_messages(lead.advice)
    sentence = failing_sentence(scene, trouble, lead.failures, lead.shown)
    messages = "" if alone else "; messages answer"
    return Finding(
        advice=advice,
        confidence=_confidence(trouble, lead, contrast) * (0.8 if alone else 0.9),
        severity=_severity_of_models(scene, trouble, alone=alone),
        evidence=(f"{sentence}{messages}.", _held_sentence(scene) if alone else ""),
        words=words_for(scene, lead.newest),
        since=trouble.since,
        detected_at=_instant(trouble.confirmed_at),
        retry_after_s=retry_after_s(scene, lead.newest, advice),
        also=lead.also,
    )


def _alone(lead: Lead, scene: Scene, trouble: Trouble) -> Advice:
    outage = _as_outage(lead, scene, trouble)
    return knowledge().advice["outage_unprobed"] if outage.id == "outage" else outage


def _beside_messages(advice: Advice) -> Advice:
    if advice.id in {"errors", "errors_no_answer", "errors_odd"}:
        return knowledge().advice["errors_list"]
    return knowledge().advice["new_connections"] if advice.cause is Cause.NETWORK else advice


def _severity_of_models(scene: Scene, trouble: Trouble, *, alone: bool) -> Severity:
    """Users feel messages, not the list; where nobody asks messages, it is all there is to go by."""
    if trouble.failures < scene.thresholds.ratio_failures:
        return Severity.P3 if alone else Severity.P4
    return Severity.P2 if alone else Severity.P3


def _held_sentence(scene: Scene) -> str:
    return f"Messages are not probed: {brief(scene.facts.held)}." if scene.facts.held else ""


def _key_sentence(scene: Scene, advice: Advice) -> str:
    """What looks wrong with the key that was rejected."""
    problem = scene.facts.key_problem if advice.cause is Cause.KEY_REJECTED else None
    return f"{brief(problem)}." if problem else ""
