"""What the strip shows in the first seconds: one headline and one next step, each whole in its row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.history.failure_kinds import failure_brief
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import PageAgreement, Recovery, Side
from claude_tui.tui.panels.strip import strip_lines, strip_rows
from claude_tui.tui.render.lines import Line, plain
from tests.builders import messages
from tests.snapshots.pictures import PICTURES

FACTS = {
    "status": "503",
    "type": "overloaded_error",
    "bucket": "input",
    "model": "claude-haiku-4-5",
    "host": "api.anthropic.com",
    "ttft": "2.44 s",
    "ratio": "5.2× usual",
    "key": "auth token",
}
LONG = "no connection to api.anthropic.com: connection reset by peer, after 4 of 4 attempts"
# Where it is the name of an application or a share, not the words of an error.
SHORT = {
    "application_requests": "checkout",
    "application_errors": "checkout",
    "application_overloaded": "checkout",
    "overloaded_rare": "7% of messages",
    "lossy": "14 of 40",
    "slow_to_end": "14 s",
}
ADVICE = [entry for entry in knowledge().advice.values() if entry.side is not Side.NONE]
LOUD = [entry for entry in ADVICE if entry.cause.value != "unknown"]


def advised(advice: Advice) -> Snapshot:
    """A P1 with the text of the advice, with the longer of the two variables for a key."""
    facts = FACTS | {"what": SHORT.get(advice.id, LONG)}
    next_step, steps = (
        text.replace("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN") for text in (advice.next, advice.steps)
    )
    snapshot = PICTURES["overloaded"]()
    verdict = replace(
        snapshot.verdict,
        summary=advice.summary(**facts),
        brief=advice.brief(**facts),
        first_step=next_step,
        next_step=steps,
    )
    return replace(snapshot, verdict=verdict)


def rows_at(snapshot: Snapshot, cells: int, rows: int) -> list[Line]:
    return list(strip_lines(snapshot, cells, strip_rows(snapshot, cells, rows)))


def bold(row: Line) -> str:
    return "".join(span.text for span in row if span.bold and span.role == "text").strip()


@pytest.mark.parametrize("advice", LOUD, ids=lambda entry: entry.id)
def test_at_80_columns_the_headline_is_one_row_and_wraps_round_no_clock(advice: Advice) -> None:
    head, clocks, *_ = rows_at(advised(advice), 80, 24)
    facts = FACTS | {"what": SHORT.get(advice.id, LONG)}
    assert bold(head) in (advice.summary(**facts), advice.brief(**facts))
    assert not bold(clocks)


@pytest.mark.parametrize("size", [(80, 24), (100, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("advice", ADVICE, ids=lambda entry: entry.id)
def test_the_next_step_is_whole_and_bright_in_the_last_row(advice: Advice, size: tuple[int, int]) -> None:
    rows = [row for row in rows_at(advised(advice), *size) if plain(row).strip(" █▌")]
    first = advised(advice).verdict.first_step
    assert plain(rows[-1]).lstrip(" █▌").startswith(f"Next: {first}")
    assert bold(rows[-1]).removesuffix(";") == first
    assert "…" not in plain(rows[-1])
    assert sum("Next:" in plain(row) for row in rows) == 1


@pytest.mark.parametrize("advice", ADVICE, ids=lambda entry: entry.id)
def test_the_incident_line_takes_no_part_of_the_next_step(advice: Advice) -> None:
    """It takes a row of the strip at 80x24."""
    snapshot = advised(advice)
    last = strip_lines(snapshot, 80, strip_rows(snapshot, 80, 24) - 1)[-1]
    assert plain(last).lstrip(" █▌").startswith(f"Next: {snapshot.verdict.first_step}")
    assert "…" not in plain(last)


@pytest.mark.parametrize("advice", ADVICE, ids=lambda entry: entry.id)
def test_what_to_do_besides_is_there_where_it_fits(advice: Advice) -> None:
    snapshot = advised(advice)
    shown = " ".join(plain(row) for row in rows_at(snapshot, 200, 60))
    assert f"Next: {snapshot.verdict.next_step}" in shown


@pytest.mark.parametrize(
    ("outcome", "error_type", "words"),
    [
        (Outcome.OVERLOADED, "overloaded_error", "529 overloaded"),
        (Outcome.SERVER_ERROR, "api_error", "500 api error"),
        (Outcome.RATE_LIMITED, "rate_limit_error", "429 rate limit"),
        (Outcome.NETWORK, "refused", "connection refused"),
        (Outcome.TIMEOUT, "read_timeout", "no answer in time"),
    ],
)
def test_a_recovery_names_what_it_recovers_from_in_one_row(
    outcome: Outcome, error_type: str, words: str
) -> None:
    assert failure_brief(messages(0, outcome, error_type=error_type)) == words
    snapshot = PICTURES["recovering"]()
    recovery = Recovery(good=15, needed=27, of=words)
    opening = "It's them."
    verdict = replace(
        snapshot.verdict,
        recovery=recovery,
        summary=f"{opening} {recovery.words}",
        brief=f"{opening} {recovery.brief}",
    )
    head, clocks, *_ = rows_at(replace(snapshot, verdict=verdict), 80, 24)
    assert bold(head).startswith(f"It's them. Recovering from {words}: 15 good")
    assert "12 " in bold(head)
    assert not bold(clocks)


def test_a_page_whose_components_are_green_again_does_not_confirm() -> None:
    snapshot = PICTURES["overloaded"]()
    confirmed = replace(snapshot.verdict, page=PageAgreement.CONFIRMS)
    shown = " ".join(plain(row) for row in rows_at(replace(snapshot, verdict=confirmed), 120, 40))
    assert "Status page confirms it" in shown
    ending = replace(confirmed, page_stage="monitoring")
    shown = " ".join(plain(row) for row in rows_at(replace(snapshot, verdict=ending), 120, 40))
    assert "confirms" not in shown
    assert "Status page: its incident is monitoring; components are green." in shown
