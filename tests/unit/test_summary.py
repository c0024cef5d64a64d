"""The strip: what fails and what does not, never fine by default."""

from __future__ import annotations

from claude_tui.analysis.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.observation import Observation, Outcome, WindowReading
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.snapshot import Level, Summary
from tests.builders import (
    after,
    bucket,
    engine,
    healthy,
    history_of,
    incident,
    messages,
    models,
    page,
    status,
    unread,
)


def summary(*items: Observation | ProviderStatus | Catalogue, at: float, held: str | None = None) -> Summary:
    return build_snapshot(history_of(*items), after(at), engine(held=held), Options()).summary


def test_no_data_is_not_fine() -> None:
    found = build_snapshot(History(), after(0), engine(), Options()).summary
    assert (found.level, found.headline, found.since) == (Level.UNKNOWN, "No data yet", None)
    assert found.detail == "No messages probe yet. No models probe yet. Status page not read yet."


def test_healthy_is_a_quiet_line_with_figures() -> None:
    found = summary(*healthy(0, 600), status(590), at=600)
    assert (found.level, found.headline) == (Level.OK, "All probes succeed")
    assert found.detail == (
        "Messages answer in 690 ms (TTFT 450 ms). Models answer in 186 ms. Status page reports no trouble."
    )


def test_overloaded_while_models_answer() -> None:
    told = [*healthy(0, 300), *(messages(300 + 30.0 * n, Outcome.OVERLOADED) for n in range(8))]
    told += [models(300 + 15.0 * n) for n in range(15)]
    found = summary(*told, status(510), at=515)
    assert found.level is Level.BAD
    assert found.headline == "Messages fail: 8 of 8 in 3m 35s, 529 overloaded_error"
    assert found.detail == "Models answer in 182 ms. Status page silent for 3m 35s since the first failure."
    assert found.since == after(300)


def test_the_tally_covers_at_most_five_minutes() -> None:
    found = summary(*(messages(30.0 * n, Outcome.OVERLOADED) for n in range(40)), at=1170)
    assert found.headline == "Messages fail: 11 of 11 in 5m, 529 overloaded_error"
    assert found.since == after(0)


def test_single_successes_in_the_trouble_do_not_end_it() -> None:
    outcomes = [Outcome.OVERLOADED, Outcome.OVERLOADED, Outcome.OK] * 3
    found = summary(*(messages(10.0 * n, outcome) for n, outcome in enumerate(outcomes)), models(80), at=85)
    assert found.level is Level.BAD
    assert found.headline.startswith("Messages fail: 6 of 9")
    assert found.since == after(0)


def test_everything_fails() -> None:
    told = [messages(10.0 * n, Outcome.NETWORK) for n in range(4)]
    told += [models(10.0 * n + 1, Outcome.NETWORK) for n in range(4)]
    found = summary(*told, unread(30, "no route to host"), page(30, Outcome.NETWORK), at=35)
    assert found.headline == "Messages and models fail: 4 of 4 and 4 of 4 in 35s, network"
    assert found.detail == "Status page unknown: no route to host."


def test_each_tally_has_its_own_span() -> None:
    told = [messages(30.0 * n, Outcome.OVERLOADED) for n in range(10)]
    told += [models(15.0 * n, Outcome.SERVER_ERROR if n > 16 else Outcome.OK) for n in range(20)]
    found = summary(*told, at=285)
    assert found.headline == (
        "Messages fail: 10 of 10 in 4m 45s, 529 overloaded_error; models fail: 3 of 3 in 30s, 500 api_error"
    )


def test_models_alone_fail() -> None:
    told = [*healthy(0, 300), *(models(300.0 + n, Outcome.SERVER_ERROR) for n in range(3))]
    found = summary(*told, at=305)
    assert found.headline == "Models fail: 3 of 3 in 5s, 500 api_error"
    assert found.detail.startswith("Messages answer in ")


def test_one_lost_probe_is_a_warning() -> None:
    found = summary(*healthy(0, 300), messages(300, Outcome.TIMEOUT), at=305)
    assert found.level is Level.WARN
    assert found.headline == "The last messages probe failed: timeout, 1 of 10 in 5m"


def test_the_first_probe_of_all_failing_is_not_yet_an_outage() -> None:
    assert summary(messages(0, Outcome.KEY_REJECTED), models(1), at=2).level is Level.WARN


def test_failures_now_and_then() -> None:
    outcomes = [Outcome.OK] * 6 + [Outcome.SERVER_ERROR, Outcome.OK, Outcome.OK]
    found = summary(*(messages(30.0 * n, outcome) for n, outcome in enumerate(outcomes)), models(240), at=241)
    assert found.level is Level.WARN
    assert found.headline == "Messages fail at times: 1 of 9 in 5m, 500 api_error"


def test_after_recovery_it_says_what_was() -> None:
    told = [messages(10.0 * n, Outcome.OVERLOADED) for n in range(5)] + [
        messages(50 + 10.0 * n) for n in range(3)
    ]
    found = summary(*told, models(71), at=72)
    assert found.level is Level.INFO
    assert found.headline == "All probes succeed again; 5 of 8 messages failed in 5m"


def test_old_data_is_not_fine() -> None:
    found = summary(*healthy(0, 600), at=800)
    assert found.level is Level.UNKNOWN
    assert found.headline == "No messages probe for 3m 50s"


def test_old_data_with_a_reason() -> None:
    found = summary(
        *healthy(0, 600), *healthy(600, 900, messages_s=1e6), at=900, held="daily ceiling reached"
    )
    assert found.headline == "No messages probe for 5m 30s: daily ceiling reached"
    assert found.detail.startswith("Models answer in")


def test_a_failure_not_looked_at_again_stays_a_warning() -> None:
    told = [*healthy(0, 900, messages_s=1e6), messages(400, Outcome.RATE_LIMITED)]
    found = summary(*told, at=900, held="retry-after until 12:20:00")
    assert found.level is Level.WARN
    assert found.headline == (
        "Messages failed when last probed, 8m 20s ago: 429 rate_limit_error (retry-after until 12:20:00)"
    )


def test_a_missing_key_is_said() -> None:
    told = [models(15.0 * n, Outcome.KEY_REJECTED) for n in range(10)]
    found = summary(*told, status(140), at=141, held="no key: set ANTHROPIC_API_KEY")
    assert found.level is Level.UNKNOWN
    assert found.headline == "Messages are not probed: no key: set ANTHROPIC_API_KEY"
    assert found.detail == (
        "Models fail: 10 of 10 in 2m 21s, 401 authentication_error. Status page reports no trouble."
    )


def test_without_a_key_a_dead_network_is_still_told_first() -> None:
    told = [models(15.0 * n, Outcome.NETWORK) for n in range(10)]
    found = summary(*told, at=141, held="no key: set ANTHROPIC_API_KEY")
    assert found.headline == "Models fail: 10 of 10 in 2m 21s, network"


def test_no_models_probe() -> None:
    found = summary(*(messages(30.0 * n) for n in range(10)), at=280)
    assert (found.level, found.headline) == (Level.UNKNOWN, "No models probe yet")


def test_slow_answers() -> None:
    told = [*healthy(0, 3600), *(messages(3600 + 30.0 * n, ttft=4.1, total=4.9) for n in range(4))]
    told += [models(3600 + 15.0 * n) for n in range(8)]
    found = summary(*told, at=3700)
    assert found.level is Level.WARN
    assert found.headline == "Messages are slow: TTFT 4.10 s in the last three, 9.5× usual"


def test_limits_that_run_low() -> None:
    told = [*healthy(0, 300), messages(300, limits=[bucket("input", 30), bucket("tokens", 900)])]
    found = summary(*told, at=301)
    assert (found.level, found.headline) == (
        Level.WARN,
        "Messages and models succeed; limits run low: input 3% left",
    )
    used = messages(300, windows=[WindowReading("5h", 0.97, None, "allowed_warning")])
    assert "5h window 97% used" in summary(*healthy(0, 300), used, at=301).headline


def test_the_page_reports_trouble_that_we_do_not_have() -> None:
    told = status(290, "partial_outage", incidents=[incident(impact="minor")])
    found = summary(*healthy(0, 300), told, at=300)
    assert (found.level, found.headline) == (
        Level.WARN,
        "All probes succeed; the status page reports trouble",
    )
    assert found.detail.endswith("Status page: Claude API partial outage; investigating, Elevated errors.")


def test_trouble_of_other_components_is_not_told() -> None:
    found = summary(*healthy(0, 300), status(290, chat="major_outage", indicator="critical"), at=300)
    assert found.level is Level.OK
    assert found.detail.endswith("Status page reports no trouble.")


def test_hostile_text_is_cut_and_inert() -> None:
    nasty = "\x1b[31m" + "x" * 5000
    told = [messages(10.0 * n, Outcome.SERVER_ERROR, error_type=nasty) for n in range(3)]
    found = summary(*told, unread(20, nasty), at=25)
    assert "\x1b" not in found.headline + found.detail
    assert len(found.headline) < 300
    assert "…" in found.headline
