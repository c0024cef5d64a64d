"""The diagnosis with own traffic: whose problem it is follows from who fails and who is well."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.diagnosis.traffic_finding import evidence_of
from claude_tui.analysis.diagnosis.traffic_witness import Witness
from claude_tui.analysis.options import Options, TrafficThresholds
from claude_tui.analysis.traffic.facts import TrafficFacts
from claude_tui.analysis.traffic.standing_in import stands_in
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.traffic import Call, TrafficSource
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import Cause, EvidenceKind, Severity, Side, Verdict
from claude_tui.traffic.aggregation import CallAggregator
from tests.builders import NOON, after, healthy, history_of, incident, messages, models, page, status
from tests.diagnosed import HOUR, blamed

HAIKU, OPUS = "claude-haiku-5-5", "claude-opus-5-5"
O = Outcome  # noqa: E741
ONSET = HOUR
_ERRORS: dict[Outcome, tuple[int | None, str]] = {
    O.NETWORK: (None, "closed"),
    O.OVERLOADED: (529, "overloaded_error"),
    O.SERVER_ERROR: (500, "api_error"),
    O.RATE_LIMITED: (429, "rate_limit_error"),
    O.BAD_REQUEST: (400, "invalid_request_error"),
    O.SPEND_LIMIT: (429, "rate_limit_error"),
    O.KEY_REJECTED: (401, "authentication_error"),
}
Fails = Mapping[tuple[str, str], tuple[Outcome, float]]
EVERYBODY = (("checkout", HAIKU), ("checkout", OPUS), ("batch", HAIKU), ("batch", OPUS), ("search", HAIKU))


def traffic(
    fails: Fails,
    *,
    pace: float = 10.0,
    until: float = 60.0,
    well_after: float | None = None,
    before: float = 600.0,
    message: str | None = None,
    who: tuple[tuple[str, str], ...] = EVERYBODY,
) -> TrafficView:
    """`before` seconds of well calls, then every `1/share`-th call of those in `fails` fails, to `until`."""
    counts = {caller: count(1) for caller in who}
    begin, end = ONSET - before, ONSET + until
    calls = []
    for number in range(int((end - begin) * pace)):
        at, key = begin + number / pace, who[number % len(who)]
        outcome = O.OK
        if at >= ONSET and key in fails and (well_after is None or at < ONSET + well_after):
            kind, share = fails[key]
            nth = next(counts[key])
            outcome = kind if int(nth * share) > int((nth - 1) * share) else O.OK
        calls.append(call(at, key, outcome, message))
    return view_of(calls, end)


def call(at: float, key: tuple[str, str], outcome: Outcome, message: str | None = None) -> Call:
    status, error = _ERRORS.get(outcome, (200, None))
    return Call(
        after(at),
        TrafficSource.PROXY,
        "messages",
        key[0],
        outcome,
        model=key[1],
        http_status=status,
        error_type=error,
        message=message if outcome.failed else None,
        total_s=0.0,
    )


def view_of(calls: Sequence[Call], end: float) -> TrafficView:
    aggregator = CallAggregator()
    for made_call in calls:
        aggregator.add(made_call, made_call.at.timestamp())
    rolled, kept = aggregator.take(after(end).timestamp())
    assert rolled is not None
    view = traffic_view(TrafficFacts(recent=rolled.rows, kept=tuple(kept)), after(end))
    assert view is not None
    return view


def all_of(outcome: Outcome, share: float = 1.0) -> Fails:
    return dict.fromkeys(EVERYBODY, (outcome, share))


def of(application: str, outcome: Outcome, share: float = 1.0) -> Fails:
    return {caller: (outcome, share) for caller in EVERYBODY if caller[0] == application}


def probes(until: float = 60.0, outcome: Outcome = O.OK, share: int = 1) -> list[Observation]:
    """An hour of health, then every `share`-th message has that outcome."""
    seen = healthy(0, ONSET)
    for number in range(int(until / 30) + 1):
        at = ONSET + 30 * number
        seen.append(messages(at, outcome if number % share == 0 else O.OK))
        seen += [models(at + 1), models(at + 16)]
    return [observation for observation in seen if observation.at <= after(ONSET + until)]


def judged(
    seen: list[Observation | ProviderStatus], view: TrafficView | None, until: float = 60.0
) -> Verdict:
    return diagnose(history_of(*seen), after(ONSET + until), Options(), traffic=view)


def test_an_outage_is_called_within_ten_seconds_before_any_probe_has_failed() -> None:
    verdict = judged(probes(-5), traffic(all_of(O.SERVER_ERROR), until=4), 4)
    assert blamed(verdict) in {
        (Cause.PROVIDER_ERRORS, Side.THEM),
        (Cause.PROVIDER_OUTAGE, Side.THEM),
    }
    assert verdict.severity.grave
    assert verdict.since == after(ONSET)


@pytest.mark.parametrize("pace", [10.0, 100.0])
def test_two_percent_of_529s_are_called_within_a_minute_though_every_probe_is_answered(pace: float) -> None:
    verdict = judged(probes(), traffic(all_of(O.OVERLOADED, 0.02), pace=pace))
    assert blamed(verdict) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert verdict.severity is Severity.P3


def test_traffic_and_probes_that_fail_alike_are_one_cause_with_the_share_of_the_real_calls() -> None:
    failing = probes(120, O.OVERLOADED)
    assert judged(failing, None, 120).severity is Severity.P1
    verdict = judged(failing, traffic(all_of(O.OVERLOADED, 0.25), until=120), 120)
    assert blamed(verdict) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert verdict.severity is Severity.P2
    evidence = verdict.evidence_of(EvidenceKind.TRAFFIC)
    assert evidence is not None
    assert "25% of 700 calls failed" in evidence.text


@pytest.mark.parametrize("share", [0.8, 0.84, 0.88])
def test_a_share_near_that_of_a_p1_is_not_p2_p1_and_p2(share: float) -> None:
    """One call a second, each failing by chance, looked at every five seconds as calls come in."""
    turns = 0
    for seed in range(4):
        chance, calls, found = random.Random(seed), [], []
        for second in range(-200, 240):
            failed = second >= 0 and chance.random() < share
            calls.append(call(ONSET + second, ("checkout", HAIKU), O.OVERLOADED if failed else O.OK))
            if second > 10 and second % 8 == 4:
                found += [
                    trouble.nearly_all_fail for trouble in view_of(calls, ONSET + second + 0.5).troubles
                ]
        turns += sum(before and not now for before, now in pairwise(found))
    assert turns <= 1


def test_400s_of_one_application_after_a_deploy_are_ours_and_name_it() -> None:
    verdict = judged(probes(), traffic(of("batch", O.BAD_REQUEST, 0.3)))
    assert blamed(verdict) == (Cause.BAD_REQUEST, Side.US)
    assert "batch sends requests that the API refuses (400)" in verdict.summary
    assert verdict.since is not None
    assert after(ONSET) <= verdict.since < after(ONSET + 5)
    assert verdict.severity is Severity.P2


def test_what_an_application_asks_for_too_little_is_not_reported_of_the_probe() -> None:
    """`Only our probe is refused: raise its max_tokens` stood over a bad deploy of checkout."""
    words = "max_tokens: must be greater than or equal to 1"
    verdict = judged(probes(), traffic(of("checkout", O.BAD_REQUEST), message=words))
    assert blamed(verdict) == (Cause.BAD_REQUEST, Side.US)
    assert verdict.summary == "It's us. checkout sends requests that the API refuses (400)."
    assert verdict.first_step.startswith("Roll back")
    over = traffic(of("checkout", O.BAD_REQUEST), until=64, well_after=60, message=words)
    verdict = judged(probes(64), over, 64)
    assert verdict.summary.startswith("It's us. Recovering from 400 invalid request: ")


def test_what_the_probes_reported_is_stated_to_the_end_of_a_trouble() -> None:
    """Little is kept of a call: `the budget set at our gateway is spent` replaced our spend limit."""
    words = "Your organization has reached its monthly spend limit"
    refused = messages(ONSET, O.SPEND_LIMIT, http_status=429, error_type="rate_limit_error")
    refused = replace(refused, error_code="enforced_spend_limit_reached")
    spent = [replace(refused, at=after(ONSET + 10 * number)) for number in range(6)]
    back = [messages(ONSET + at) for at in range(61, 80, 2)]
    for until, summary in (
        (80, "It's us. Our spend limit is reached (429)."),
        (84, "It's us. Recovering from 429 spend limit: 40 good in a row, 1 more to be sure."),
    ):
        failing = traffic(all_of(O.SPEND_LIMIT), until=until, well_after=80, message=words)
        verdict = judged([*healthy(0, ONSET), *spent, *back], failing, until)
        assert verdict.summary == summary
    assert judged(spent, None, 60).first_step.startswith("Raise the spend limit in the Console")


def test_what_an_application_asks_for_is_not_taken_for_the_settings_of_the_probe() -> None:
    refused = "max_tokens: Input should be greater than or equal to 1"
    verdict = judged(probes(), traffic(of("batch", O.BAD_REQUEST, 1.0), message=refused))
    assert blamed(verdict) == (Cause.BAD_REQUEST, Side.US)
    assert "batch sends requests that the API refuses (400)" in verdict.summary
    assert "setting" not in verdict.next_step


@pytest.mark.parametrize("before", [45.0, 300.0])
@pytest.mark.parametrize(
    ("outcome", "share"), [(O.RATE_LIMITED, 0.9), (O.RATE_LIMITED, 0.4), (O.SERVER_ERROR, 0.4)]
)
def test_a_trouble_that_lasts_does_not_begin_anew_nor_become_usual(
    outcome: Outcome, share: float, before: float
) -> None:
    since = []
    for until in (30, 60, 120, 200, 260, 400, 500):
        view = traffic(all_of(outcome, share), until=until, before=before, pace=5)
        (trouble,) = view.troubles
        assert trouble.ended_at is None
        since.append(trouble.since)
    assert len(set(since)) == 1
    assert after(ONSET) <= since[0] < after(ONSET + 3)


def test_401s_of_one_application_are_ours_and_name_who_is_well() -> None:
    verdict = judged(probes(), traffic(of("batch", O.KEY_REJECTED)))
    assert blamed(verdict) == (Cause.KEY_REJECTED, Side.US)
    assert "batch only; checkout and search are answered" in verdict.summary


def test_calls_that_were_lost_with_the_path_are_not_theirs_once_it_works_again() -> None:
    """The last minute of calls said `It's them. Some message calls get no answer`."""
    failing = traffic(all_of(O.NETWORK), until=90, well_after=80)
    lost = healthy(0, ONSET)
    for number in range(6):
        at = ONSET + 10 * number
        lost += [messages(at, O.NETWORK), models(at + 1, O.NETWORK), page(at + 2, O.NETWORK)]
    back = [
        observation for at in range(61, 90, 2) for observation in (messages(ONSET + at), models(ONSET + at))
    ]
    verdict = judged([*lost, *back, page(ONSET + 62)], failing, 90)
    assert blamed(verdict) == (Cause.NETWORK, Side.PATH)


def test_a_key_that_worked_for_probes_and_everybody_is_unclear_to_the_end() -> None:
    """Once the probes are answered again, the last minute of calls said `deploy a valid key`."""
    failing = traffic(all_of(O.KEY_REJECTED), until=100, well_after=90)
    seen = [*probes(60, O.KEY_REJECTED), messages(ONSET + 91)]
    first = judged(seen, failing, 100)
    assert blamed(first) == (Cause.KEY_REJECTED, Side.UNCLEAR)
    assert first.next_step.startswith("Do not rotate yet")
    over = judged([*seen, messages(ONSET + 94), messages(ONSET + 97)], failing, 100)
    assert blamed(over) == (Cause.KEY_REJECTED, Side.UNCLEAR)
    assert over.recovery is not None
    assert over.next_step.startswith("Change nothing back")


def test_a_key_of_everybody_but_the_probe_is_ours() -> None:
    verdict = judged(probes(), traffic(all_of(O.KEY_REJECTED)))
    assert verdict.cause is Cause.KEY_REJECTED
    assert verdict.side is Side.US


def test_errors_of_one_application_on_a_model_that_answers_others_are_ours() -> None:
    verdict = judged(probes(), traffic(of("batch", O.SERVER_ERROR, 0.5)))
    assert blamed(verdict) == (Cause.PROVIDER_ERRORS, Side.US)
    assert "Only calls of batch fail (500)" in verdict.summary


def test_one_model_that_fails_for_everybody_is_theirs() -> None:
    fails = {caller: (O.OVERLOADED, 0.5) for caller in EVERYBODY if caller[1] == OPUS}
    verdict = judged(probes(), traffic(fails))
    assert blamed(verdict) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert "Opus is overloaded (529)" in verdict.summary
    assert "Opus only; Haiku is answered" in verdict.summary
    assert verdict.first_step.startswith("Fall back to claude-haiku-5-5")
    assert verdict.severity is Severity.P2


def test_calls_without_a_model_are_not_called_a_model() -> None:
    """Batches that failed read `unknown fails (500). unknown only`, with a model to fall back to."""
    who = (("checkout", HAIKU), ("search", HAIKU), ("nightly", "unknown"))
    view = traffic({("nightly", "unknown"): (O.SERVER_ERROR, 1.0)}, who=who)
    verdict = judged(probes(), view)
    assert verdict.side is Side.THEM
    assert "unknown" not in verdict.summary
    assert "calls without a model only; Haiku is answered" in verdict.summary.replace("Calls", "calls")
    assert verdict.fallback is None


def test_a_rejected_key_of_the_probe_alone_pages_nobody() -> None:
    failing = probes(90, O.KEY_REJECTED)
    assert judged(failing, None, 90).severity is Severity.P1
    verdict = judged(failing, traffic({}, until=90), 90)
    assert verdict.cause is Cause.KEY_REJECTED
    assert "Only the probe fails" in verdict.summary
    assert verdict.severity is Severity.P3


def test_errors_of_the_probe_alone_are_not_an_outage() -> None:
    verdict = judged(probes(120, O.SERVER_ERROR), traffic({}, until=120), 120)
    assert blamed(verdict) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert verdict.summary.startswith("Only the probe.")
    assert verdict.severity is Severity.P3


def test_two_failures_of_many_probes_are_no_trouble_of_the_probe_alone() -> None:
    """At 2% of all, `Only the probe` stood where a hundred calls had been lucky."""
    seen = healthy(0, ONSET) + [
        messages(ONSET + 5 * number, O.SERVER_ERROR if number in {0, 8} else O.OK) for number in range(24)
    ]
    for pace, alone in ((1.0, False), (10.0, True)):
        verdict = judged(seen, traffic({}, pace=pace, until=115), 115)
        assert verdict.summary.startswith("Only the probe.") is alone


def test_a_model_of_the_probe_that_no_application_calls_is_named() -> None:
    failing = probes(120, O.SERVER_ERROR)
    view = traffic({}, until=120, who=(("checkout", OPUS), ("batch", OPUS)))
    verdict = judged(failing, view, 120)
    assert verdict.summary.startswith("Only the probe's model.")
    assert verdict.severity is Severity.P3


def test_a_problem_is_named_by_the_form_of_most_of_its_calls_whichever_came_last() -> None:
    broken_off = {"http_status": 200, "first_token_s": 0.4}
    for forms in ([{}] * 10 + [broken_off] * 4, [broken_off] * 4 + [{}] * 10):
        calls = [call(ONSET - 600 + number, EVERYBODY[0], O.OK) for number in range(600)]
        for number, form in enumerate(forms):
            calls.append(replace(call(ONSET + 4 * number, EVERYBODY[0], O.OVERLOADED), **form))
        verdict = judged(probes(), view_of(calls, ONSET + 60))
        assert verdict.summary.startswith("It's them. The API is overloaded (529)")


def test_our_429s_under_their_529s_are_named_as_well() -> None:
    fails = {
        caller: (O.RATE_LIMITED, 0.15) if caller[0] == "batch" else (O.OVERLOADED, 0.4)
        for caller in EVERYBODY
    }
    verdict = judged(probes(120, O.RATE_LIMITED, share=4), traffic(fails, until=120), 120)
    assert verdict.cause is Cause.PROVIDER_OVERLOADED
    assert Cause.RATE_LIMITED in verdict.also


def test_a_few_calls_a_minute_decide_nothing() -> None:
    verdict = judged(probes(120), traffic(all_of(O.SERVER_ERROR), pace=0.1, until=120), 120)
    assert verdict.cause is Cause.HEALTHY


def test_a_quiet_night_calls_nothing() -> None:
    verdict = judged(probes(), traffic({}, pace=0.05))
    assert (verdict.cause, verdict.severity) == (Cause.HEALTHY, Severity.NONE)


def test_what_an_application_always_does_wrong_is_no_trouble() -> None:
    aggregator, begin = CallAggregator(), ONSET - 900.0
    for number in range(9000):
        at = begin + number / 10
        bad = number % 3 == 0 and number % 30 == 0
        outcome = O.BAD_REQUEST if bad else O.OK
        who = "batch" if number % 3 == 0 else "checkout"
        seen = Call(after(at), TrafficSource.PROXY, "messages", who, outcome, model=HAIKU, total_s=0.0)
        aggregator.add(seen, after(at).timestamp())
    rolled, kept = aggregator.take(after(ONSET).timestamp())
    assert rolled is not None
    view = traffic_view(TrafficFacts(recent=rolled.rows, kept=tuple(kept)), after(ONSET))
    assert judged(probes(0), view, 0).cause is Cause.HEALTHY


def test_real_calls_show_that_it_is_over_before_the_probes_could() -> None:
    failing = [*probes(60, O.SERVER_ERROR), messages(ONSET + 90)]
    view = traffic(all_of(O.SERVER_ERROR), until=100, well_after=62)
    assert judged(failing, None, 100).severity.trouble
    verdict = judged(failing, view, 100)
    assert verdict.cause is Cause.HEALTHY
    assert verdict.severity is Severity.NONE


def test_calls_that_are_answered_again_are_a_recovery_until_luck_is_excluded() -> None:
    """`P3 Opus is overloaded … 0% of 101 failed` said to shed load long after."""
    fails = dict.fromkeys(EVERYBODY, (O.OVERLOADED, 0.05))
    for until, recovering in ((60, False), (70, True)):
        verdict = judged(probes(until), traffic(fails, until=until, well_after=60), until)
        assert verdict.cause is Cause.PROVIDER_OVERLOADED
        assert (verdict.recovery is not None) is recovering
    assert verdict.recovery is not None
    assert verdict.recovery.good >= 100
    assert verdict.summary.startswith("It's them. Recovering from 529 overloaded: ")
    assert verdict.evidence[0].text == f"The last {verdict.recovery.good} of your calls are answered."
    assert verdict.next_step.startswith("Change nothing back")
    assert judged(probes(90), traffic(fails, until=90, well_after=60), 90).cause is Cause.HEALTHY


def test_a_trouble_is_not_over_while_nobody_calls() -> None:
    view = traffic(all_of(O.SERVER_ERROR), until=60)
    verdict = diagnose(
        history_of(*probes(60, O.SERVER_ERROR)),
        after(ONSET + 75),
        Options(),
        traffic=view,
    )
    assert verdict.severity.trouble


def test_without_probes_real_calls_decide() -> None:
    view = traffic(all_of(O.OVERLOADED, 0.5))
    verdict = diagnose(history_of(), after(ONSET + 60), Options(), traffic=view)
    assert blamed(verdict) == (Cause.PROVIDER_OVERLOADED, Side.THEM)


@pytest.mark.parametrize(("relies", "cause"), [(True, Cause.HEALTHY), (False, Cause.UNKNOWN)])
def test_real_calls_stand_in_for_probes_only_where_that_is_wanted(relies: bool, cause: Cause) -> None:
    view = traffic({})
    verdict = diagnose(
        history_of(*healthy(0, ONSET - 600)),
        after(ONSET + 60),
        Options(rely_on_traffic=relies),
        traffic=view,
    )
    assert verdict.cause is cause


@pytest.mark.parametrize("relies", [True, False])
def test_trouble_on_the_page_that_real_calls_do_not_see_is_a_notice(relies: bool) -> None:
    """With probes off, it was `All is well` or `Unknown`."""
    reported = status(ONSET, "partial_outage", indicator="major", incidents=[incident()])
    verdict = diagnose(
        history_of(*healthy(0, ONSET - 600), reported),
        after(ONSET + 60),
        Options(rely_on_traffic=relies),
        traffic=traffic({}),
    )
    assert (verdict.cause, verdict.severity) == (Cause.PROVIDER_NOTICE, Severity.P4)
    assert verdict.summary == "They report trouble; your own calls are answered."
    assert any(sentence.kind is EvidenceKind.TRAFFIC for sentence in verdict.evidence)


@pytest.mark.parametrize(
    ("outcome", "title", "expected"),
    [
        (O.RATE_LIMITED, "Elevated 429 errors", (Cause.PROVIDER_ERRORS, Side.UNCLEAR)),
        (O.KEY_REJECTED, "Authentication errors", (Cause.KEY_REJECTED, Side.THEM)),
    ],
)
@pytest.mark.parametrize("probed", [True, False])
def test_a_refusal_of_calls_that_the_page_reports_of_others_may_be_theirs(
    outcome: Outcome, title: str, expected: tuple[Cause, Side], probed: bool
) -> None:
    """The page was compared with refused probes only."""
    reported = status(ONSET + 20, "partial_outage", incidents=[incident(name=title)])
    seen = probes(60, outcome) if probed else []
    verdict = diagnose(
        history_of(*seen, reported), after(ONSET + 60), Options(), traffic=traffic(all_of(outcome))
    )
    assert blamed(verdict) == expected


@pytest.mark.parametrize("outcome", [O.RATE_LIMITED, O.KEY_REJECTED])
def test_a_refusal_of_calls_stays_ours_if_the_page_is_about_something_else(outcome: Outcome) -> None:
    reported = status(ONSET + 20, "partial_outage", incidents=[incident(name="Elevated latency")])
    assert judged([reported], traffic(all_of(outcome))).side is Side.US


def test_a_model_that_the_page_names_and_applications_call_is_not_called_unprobed() -> None:
    reported = status(
        ONSET, "partial_outage", incidents=[incident(name="Elevated errors on Claude Opus 5.5")]
    )
    verdict = judged([*probes(), reported], traffic({}))
    assert verdict.summary == "They report trouble; our own probes are fine."
    assert "don't probe" in judged([*probes(), reported], None).summary


def test_they_do_not_stand_in_for_another_model_nor_where_they_fail() -> None:
    thresholds = TrafficThresholds()
    assert stands_in(traffic({}), HAIKU, thresholds) is not None
    assert stands_in(traffic({}), "claude-sonnet-5-5", thresholds) is None
    assert stands_in(traffic({}, pace=0.1), HAIKU, thresholds) is None
    assert stands_in(traffic(all_of(O.OVERLOADED, 0.1)), HAIKU, thresholds) is None
    assert stands_in(None, HAIKU, thresholds) is None


def test_the_past_has_the_verdict_that_was_live() -> None:
    """What is recorded later changes nothing about an instant."""
    early = traffic(all_of(O.SERVER_ERROR), until=20)
    assert NOON + timedelta(seconds=ONSET + 20) >= early.end
    assert [trouble.ended_at for trouble in early.troubles] == [None]


def test_the_share_of_everybodys_calls_is_in_the_evidence_once() -> None:
    """`50% of 700 calls failed` was followed by `overloaded_error in 50% of 700 calls`."""
    view = traffic(all_of(O.OVERLOADED, 0.5), until=120)
    found = [sentence.text for sentence in judged(probes(120), view, 120).evidence]
    assert found[0].startswith("Your traffic 1m: 50% of 700 calls failed")
    assert "overloaded_error in all 350 failed calls in 1m." in found
    assert sum("50%" in sentence for sentence in found) == 1
    most = evidence_of(replace(view.troubles[0], failed=340), Witness(view))
    assert most.text == "overloaded_error in 340 of the 350 failed calls in 1m."


def test_where_one_application_of_many_fails_the_others_have_no_share_each() -> None:
    verdict = judged(probes(120), traffic(of("search", O.SERVER_ERROR, 0.5), until=120), 120)
    assert "(search 50%, others 0%)" in verdict.evidence[0].text


@pytest.mark.parametrize(("called", "alone"), [(EVERYBODY, False), ((("checkout", HAIKU),) * 2, True)])
def test_a_model_whose_real_calls_fail_as_well_is_no_fallback(
    called: tuple[tuple[str, str], ...], alone: bool
) -> None:
    """`Haiku only; Opus answers. Fall back to Opus` rested on a probe of Opus that was minutes old."""
    opus = [
        replace(messages(ONSET - 120 * number, model=OPUS), source=Source.OTHER_MODELS)
        for number in range(30)
    ]
    view = traffic(dict.fromkeys(called, (O.RATE_LIMITED, 0.5)), until=120, who=called)
    verdict = judged([*opus, *probes(120, O.RATE_LIMITED)], view, 120)
    assert blamed(verdict) == (Cause.RATE_LIMITED, Side.US)
    assert ("Haiku only" in verdict.summary) is alone
    assert ("Fall back to claude-opus-5-5" in verdict.next_step) is alone
