"""What is wrong, whose problem it is, how bad it is and what to do next: one Verdict from all data.

The detectors look for failures first, then for a lack of data, then for health; the first finding becomes the
verdict. Everything is a function of the observations up to an instant, including the rules that keep a
verdict from flapping (see `episodes` and `attribution.leading`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.confirming import detect_confirming
from claude_tui.analysis.diagnosis.context import DiagnosisContext, context_at
from claude_tui.analysis.diagnosis.cross_check import is_missing
from claude_tui.analysis.diagnosis.engine_facts import EngineFacts, engine_facts
from claude_tui.analysis.diagnosis.evidence import (
    answers_in,
    limits_press,
    models_in_short,
    named,
)
from claude_tui.analysis.diagnosis.finding import Finding, verdict_of
from claude_tui.analysis.diagnosis.finished_round import detect_errors_in_round
from claude_tui.analysis.diagnosis.intermittent import detect_intermittent
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.lossy import detect_lossy, path_is_well, suspected_losses
from claude_tui.analysis.diagnosis.models import detect_model_failures, unprobed_in_page
from claude_tui.analysis.diagnosis.notes import LATELY, notes
from claude_tui.analysis.diagnosis.outages import detect_message_failures, detect_model_list_failures
from claude_tui.analysis.diagnosis.own_traffic import with_traffic
from claude_tui.analysis.diagnosis.round_policy import CONTINUOUS, RoundPolicy
from claude_tui.analysis.diagnosis.slow import also_late, also_tail, detect_long_tail, detect_slow
from claude_tui.analysis.diagnosis.slow_models import detect_slow_models
from claude_tui.analysis.diagnosis.traffic_witness import without_refuted_failures, witness_at
from claude_tui.analysis.diagnosis.unknown import capitalized, models_evidence, unknown
from claude_tui.analysis.history.failure_kinds import failure_words
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.traffic.change import LEAST_CALLS
from claude_tui.analysis.traffic.standing_in import stands_in
from claude_tui.analysis.views.models import model_states
from claude_tui.knowledge import Reach, knowledge
from claude_tui.model.format import duration, latency
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.snapshot import StatusView
from claude_tui.model.text import truncate
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import Evidence, EvidenceKind, Severity, Side, Verdict

__all__ = ["EngineFacts", "diagnose", "engine_facts"]

# Two successes are enough for a verdict of healthy, just as two failures are for a problem.
ENOUGH = 2
# A failure is being checked until this many messages have succeeded. A lost message is chance ten times as
# often as an error. At a failure rate of 5% it takes 60 messages to make another failure likely.
CHECKED, CHECKED_LOST = 60, 5
CHECKED_FOR = timedelta(minutes=20)
# If one of them failed, which may be chance or the first of many, six exchanges are needed.
ENOUGH_TO_TELL = 6


def diagnose(
    history: History,
    at: datetime,
    options: Options,
    facts: EngineFacts | None = None,
    *,
    policy: RoundPolicy = CONTINUOUS,
    view: StatusView | None = None,
    traffic: TrafficView | None = None,
) -> Verdict:
    """The Verdict at `at` (aware UTC).

    Exchanges that began after `at` have no influence. Pass `view` if `status_view` has already been computed
    for `at`; `traffic` is what was known of own traffic then.
    """
    context = without_refuted_failures(
        context_at(history, at, options, facts or EngineFacts(), policy, view, traffic)
    )
    finding = next(found for detect in _DETECTORS if (found := detect(context)) is not None)
    return verdict_of(context, with_traffic(context, finding))


# -- nothing, or too little, is known ------------------------------------------------------


def _own_fault(context: DiagnosisContext) -> Finding | None:
    """The message probe itself crashed, which says nothing about the API."""
    newest = context.newest(Source.MESSAGES)
    if newest is None or not newest.failed or knowledge().of(newest).advice.id != "own_fault":
        return None
    clause = f"The last message probe: {truncate(newest.message or '')}"
    return unknown("own_fault", Evidence(EvidenceKind.SPECIFIC, (clause,), observations=(newest,)))


def _relies_on_traffic(context: DiagnosisContext) -> Finding | None:
    """No message is probed, as real calls of the model are answered."""
    if not context.options.rely_on_traffic or not context.is_stale(Source.MESSAGES):
        return None
    newest = context.newest(Source.MESSAGES)
    model = context.facts.model or (newest.model if newest is not None else None)
    found = stands_in(context.traffic, model, context.options.traffic)
    if found is None:
        return None
    answers = Evidence(EvidenceKind.ANSWERS, (found, "no probe is sent meanwhile"))
    return Finding(
        advice=knowledge().advice["healthy_traffic"],
        confidence=0.95,
        evidence=(answers, models_evidence(context)),
        note=notes(context),
    )


def _unprobed_notice(context: DiagnosisContext) -> Finding | None:
    """The page reports a problem while no message is probed: real calls do not see it, or there is no key."""
    report, witness = context.page_report, witness_at(context)
    if not (report.known and report.active and context.is_stale(Source.MESSAGES)):
        return None
    well = witness is not None and not witness.lasting and witness.view.all.calls >= LEAST_CALLS
    if not well and (context.facts.no_key_reason is None or (witness is not None and witness.lasting)):
        return None
    return Finding(
        advice=knowledge().advice["notice_traffic" if well else "notice_unprobed"],
        confidence=0.8 if well else 0.5,
        severity=Severity.P4,
        evidence=(
            witness.evidence if witness is not None else None,
            models_evidence(context),
            _held(context),
        ),
        since=report.first_at,
        detected_at=report.first_at,
        note=notes(context),
    )


def _unprobed(context: DiagnosisContext) -> Finding | None:
    """No message probe has run, or none recently."""
    if not context.is_stale(Source.MESSAGES):
        return None
    models = models_evidence(context)
    if (reason := context.facts.no_key_reason) is not None:
        advice = "no_key" if reason is NoKeyReason.MISSING else "unsent_key"
        return unknown(advice, models, _held(context))
    newest = context.newest(Source.MESSAGES)
    if context.facts.held:
        return unknown("held", models, what=truncate(context.facts.held))
    if newest is None:
        if context.newest(Source.MODELS) is None:
            return unknown("no_data")
        return unknown("few", models, what="No message probe so far")
    ago = duration(context.at - newest.at)
    last = f"The last one failed with {named(newest)}" if newest.failed else "The last one succeeded"
    newest_evidence = Evidence(EvidenceKind.NOT_PROBED, (last,), observations=(newest,))
    return unknown("stale", newest_evidence, models, what=f"No message probe for {ago}")


def _too_few(context: DiagnosisContext) -> Finding | None:
    """One success does not show health, and one failure is not an incident."""
    recent = context.recent(Source.MESSAGES)
    failures = [observation for observation in recent if observation.failed]
    lone = context.open_episode(Source.MESSAGES) is not None and len(recent) < ENOUGH_TO_TELL
    enough = len(recent) - len(failures) >= ENOUGH
    if enough and not lone:
        return None
    count = f"{len(recent)} message probe{'s' if len(recent) != 1 else ''} so far"
    words = f"{count}, {len(failures)} failed ({named(failures[-1])})" if failures else count
    advice = context.policy.advice_for_too_few(context, "lone" if enough else "few")
    return unknown(advice, models_evidence(context), what=words)


def _checking(context: DiagnosisContext) -> Finding | None:
    """A first failure of messages, which may be chance: it is judged once further messages have been sent."""
    count = context.history.failures(Source.MESSAGES).count_until(context.at.timestamp())
    if not count or not context.policy.checks_again or context.traffic_well_from is not None:
        return None
    items = context.history.exchanges(Source.MESSAGES).items
    index = items.index_at(context.history.failures(Source.MESSAGES).at[count - 1])
    failure, good = items.values[index], items.count_until(context.at.timestamp()) - index - 1
    if good >= (CHECKED_LOST if is_lost(failure) else CHECKED) or context.at - failure.at > CHECKED_FOR:
        return None
    if any(episode.confirmed_at is not None for episode in context.episodes[Source.MESSAGES][-1:]):
        return None
    ago = duration(context.at - failure.at)
    what = f"{failure_words(failure)} {ago} ago" + (f", {good} good since" if good else "")
    return replace(
        unknown("checking", models_evidence(context), what=what),
        checking=True,
        since=failure.at,
        failures=(failure,),
    )


def _messages(context: DiagnosisContext) -> Finding | None:
    """Messages fail; if the path had been losing requests before, this is part of that."""
    finding = detect_message_failures(context)
    if finding is None or finding.since is None or finding.advice.side is not Side.PATH:
        return finding
    if path_is_well(context, finding.since):
        return None
    lossy = detect_lossy(context)
    if lossy is None or lossy.since is None:
        return finding
    if lossy.since >= finding.since:
        return replace(finding, recovery=finding.recovery or lossy.recovery)
    return replace(lossy, severity=Severity.worst((lossy.severity, finding.severity)))


def _model_list(context: DiagnosisContext) -> Finding | None:
    """The model list fails, unless all sources together show that the path to it has recovered."""
    finding = detect_model_list_failures(context)
    if finding is None or finding.since is None or finding.advice.side is not Side.PATH:
        return finding
    return None if path_is_well(context, finding.since) else finding


def _checking_models(context: DiagnosisContext) -> Finding | None:
    """A first failure of a further model, which is probed again."""
    failure = context.newest(Source.OTHER_MODELS)
    if failure is None or not failure.failed or not context.policy.checks_again:
        return None
    states = model_states(context.history, context.at, context.options)
    suspect = next((state for state in states if state.suspect and state.model == failure.model), None)
    if suspect is None or context.at - failure.at > CHECKED_FOR:
        return None
    what = f"{suspect.name}: {failure_words(failure)} {duration(context.at - failure.at)} ago"
    return replace(
        unknown("checking", models_evidence(context), what=what),
        checking=True,
        since=failure.at,
        failures=(failure,),
    )


def _checking_losses(context: DiagnosisContext) -> Finding | None:
    """A few lost requests to several hosts, which may be chance or a lossy path."""
    if not context.policy.checks_again or (found := suspected_losses(context)) is None:
        return None
    lost, asked = found
    span = duration(context.at - lost[0].at)
    what = f"{len(lost)} of {asked} requests got no answer in {span}"
    return replace(
        unknown("checking_losses", models_evidence(context), what=what),
        checking=True,
        since=lost[0].at,
        failures=tuple(lost),
    )


def _held(context: DiagnosisContext) -> Evidence | None:
    held = context.facts.held
    return Evidence(EvidenceKind.NOT_PROBED, (truncate(held),)) if held else None


# -- healthy ---------------------------------------------------------------------------------


def _notice(context: DiagnosisContext) -> Finding | None:
    """The page reports a problem with something we use that our probes do not see."""
    if not (context.page_report.known and context.page_report.active):
        return None
    answers = answers_in(context, Source.MESSAGES)
    named, probed = unprobed_in_page(context) or ("", "")
    clause = f"You probe {probed}: {answers}" if named else capitalized(answers)
    return Finding(
        advice=knowledge().advice["notice_model" if named else "notice"],
        confidence=0.8,
        severity=Severity.P4,
        evidence=(Evidence(EvidenceKind.ANSWERS, (clause,)),),
        words={"model": named or None},
        since=context.page_report.first_at,
        detected_at=context.page_report.first_at,
        note=notes(context),
    )


def _healthy(context: DiagnosisContext) -> Finding:
    recent = context.recent(Source.MESSAGES)
    failures = [observation for observation in recent if observation.failed]
    success = context.history.last_success(Source.MESSAGES, context.at)
    ttft = success.timings.first_token if success is not None else None
    answered = len(recent) - len(failures)
    clause = f"{answered} of the last {len(recent)} message probes answered"
    odd = "" if context.policy.checks_again else _odd_message(context, recent) or _odd_list(context)
    if failures and context.policy.lists_failures_when_healthy:
        clause += f", {len(failures)} failed ({named(failures[-1])})"
    elif failures:
        # After a problem, the count alone would read as if it continued.
        clause += f", the last {len(recent) - 1 - recent.index(failures[-1])} in a row"
    return Finding(
        advice=knowledge().advice[_healthy_advice(context, timed=ttft is not None, odd=bool(odd))],
        confidence=1 - 0.5 ** min(answered, 6),
        evidence=(
            Evidence(
                EvidenceKind.ANSWERS,
                (clause, models_in_short(context)) if context.ever_answered(Source.MODELS) else (clause,),
                (("answered", answered), ("asked", len(recent))),
                tuple(recent),
            ),
        ),
        words={
            "ttft": latency(ttft) if ttft is not None else None,
            "what": odd or None,
        },
        note=notes(context),
    )


def _odd_message(context: DiagnosisContext, messages: Sequence[Observation]) -> str:
    """What some of the messages of a finished round did, too few to conclude anything; "" if nothing."""
    lost = sum(observation.failed for observation in messages)
    if lost:
        return f"{lost} of {len(messages)} got no answer"
    limit_s = context.options.ttft_slow_s
    slow = [token for observation in messages if (token := observation.timings.first_token or 0.0) > limit_s]
    if not slow:
        return ""
    up_to = "up to " if len(slow) > 1 else ""
    return f"{len(slow)} of {len(messages)} first tokens took {up_to}{latency(max(slow))}"


def _odd_list(context: DiagnosisContext) -> str:
    """How the list of models failed in a round; "" if it did not, or if there is none."""
    newest = context.newest(Source.MODELS)
    if newest is None or not newest.failed or is_missing(newest):
        return ""
    unsent = knowledge().of(newest).reach is Reach.UNSENT
    return "" if unsent else f"the list of models failed ({named(newest)})"


def _healthy_advice(context: DiagnosisContext, *, timed: bool, odd: bool) -> str:
    """A limit under pressure is named; it is no problem unless it has refused something recently."""
    if not limits_press(context):
        return "healthy_but" if odd else "healthy" if timed else "healthy_untimed"
    lately = context.history.window(Source.MESSAGES, context.at - LATELY, context.at)
    refused = any(
        observation.outcome in {Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT} for observation in lately
    )
    return "healthy_refused" if refused else "healthy_pressed"


_DETECTORS: tuple[Callable[[DiagnosisContext], Finding | None], ...] = (
    _own_fault,
    detect_confirming,
    also_tail(_messages),
    also_late(detect_lossy),
    also_late(_model_list),
    _unprobed_notice,
    _relies_on_traffic,
    _unprobed,
    also_late(detect_intermittent),
    _too_few,
    detect_model_failures,
    detect_slow,
    detect_slow_models,
    detect_errors_in_round,
    _checking,
    _checking_models,
    _checking_losses,
    detect_long_tail,
    _notice,
    _healthy,
)
