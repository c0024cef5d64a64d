"""`lint`: what it names in a postmortem, and in which line."""

from __future__ import annotations

import pytest

from claude_tui.incident.postmortem import Finding, lint, markdown, read
from claude_tui.model.text import Redactor
from tests.builders import after
from tests.postmortem_values import Writing, known_incident, wrote

GOOD = """\
# Our postmortems

## Incident: Overload of Opus

- **Duration:** 2026-11-20 14:02:11 to 14:31:40 UTC (29m 29s)
- **Severity:** P2
- **Impact:** Checkout was down.
- **Root Cause:** Theirs. We had no fallback.
- **Detection:** By our probes, 11s after the first failure.
- **Mitigation:** Checkout went to Sonnet.
- **Request IDs:** req_1, req_2
- **Action Items:**
  - [ ] Fall back on 529 (mitigate · owner: ana · due: 2026-12-04)
- **Responders:**
  - ana (lead)
  - ben
- **Timeline:**
  - 14:02:11 first failure
  - 14:05:00 ben: checkout on Sonnet
"""


def found(text: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule) for finding in lint(read(text))]


def changed(before: str, now: str) -> str:
    assert before in GOOD
    return GOOD.replace(before, now)


def test_a_complete_one_is_clean_even_without_front_matter() -> None:
    assert lint(read(GOOD)) == ()


@pytest.mark.parametrize(
    ("before", "now", "line", "rule"),
    [
        ("2026-11-20 14:02:11 to", "to", 5, "time"),
        ("to 14:31:40 UTC (29m 29s)", "", 5, "time"),
        ("to 14:31:40 UTC", "to [end]", 5, "time"),
        ("14:31:40", "14:01:40", 5, "time"),
        ("14:31:40", "25:01:40", 5, "time"),
        ("2026-11-20 14:02", "2026-11-31 14:02", 5, "time"),
        ("to 14:31:40", "to 2026-11-19 14:31:40", 5, "time"),
        ("Severity:** P2", "Severity:** bad", 6, "severity"),
        ("Checkout was down.", "[what users experienced]", 7, "missing"),
        ("Checkout was down.", "", 7, "missing"),
        ("- **Impact:** Checkout was down.\n", "", 1, "missing"),
        ("We had no fallback", "We should have had a fallback", 8, "blame"),
        ("We had no fallback", "We shouldn’t have had none", 8, "blame"),
        ("We had no fallback", "Human error", 8, "blame"),
        ("We had no fallback", "Ana forgot the fallback", 8, "blame"),
        ("We had no fallback", "Because of ben nothing fell back", 8, "blame"),
        ("We had no fallback", "It was ben’s mistake", 8, "blame"),
        ("Fall back on 529", "[what to do]", 13, "action"),
        ("owner: ana", "owner: [who]", 13, "action"),
        ("due: 2026-12-04", "due: [YYYY-MM-DD]", 13, "action"),
        ("due: 2026-12-04", "due: soon", 13, "action"),
        ("(mitigate ·", "([prevent, detect or mitigate] ·", 13, "action"),
        ("  - [ ] Fall back on 529 (mitigate · owner: ana · due: 2026-12-04)\n", "", 12, "missing"),
        ("14:02:11 first failure", "first failure", 18, "time"),
        ("req_2", "sk-ant-api03-abcdefghijklmnop", 11, "secret"),
        ("Checkout was down.", "[several versions: resolve them]", 7, "conflict"),
        ("Detection", "Detektion", 9, "form"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_line(before: str, now: str, line: int, rule: str) -> None:
    assert (line, rule) in found(changed(before, now))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("14:02:11 to 14:31:40 UTC (29m 29s)", "23:50 to 2026-11-21 00:10 UTC"),
        ("14:02:11 to 14:31:40 UTC (29m 29s)", "14:02 – 14:31"),
        ("2026-11-20 14:02:11 to 14:31:40 UTC", "2026-11-20T14:02:11Z to 2026-11-20T14:31:40Z"),
        ("2026-11-20 14:02:11 to 14:31:40 UTC", "2026-11-20 9:02 to 14:31"),
        ("Checkout was down.", "Users could have lost an order; the retry missed the limit."),
        ("Checkout was down.", "Ana wrote to the customers."),
        ("14:05:00 ben: checkout on Sonnet", "14:05:00 ben: we should have done that before"),
    ],
)
def test_what_is_no_fault_is_not_named(before: str, now: str) -> None:
    assert found(changed(before, now)) == []


def test_an_action_written_by_hand_needs_owner_date_and_kind() -> None:
    text = changed("Fall back on 529 (mitigate · owner: ana · due: 2026-12-04)", "Fall back on 529")
    assert [finding.text for finding in lint(read(text))] == [
        "it has no due date",
        "it has no kind: one of prevent, detect, mitigate",
        "it has no owner",
    ]


def test_a_severity_that_the_record_contradicts_is_named_with_what_the_record_says() -> None:
    known, writing = known_incident(), Writing()
    written = wrote(known.form(), "severity", "P3, as nobody called", writing)
    text = markdown(known.form(written), known.figures, after(2000))
    finding = next(candidate for candidate in lint(read(text)) if candidate.rule == "severity")
    assert finding.text == "P3, but the record says P1 (P1 for 2m 40s, P2 for 7m 40s)"
    assert text.split("\n")[finding.line - 1] == "- **Severity:** P3, as nobody called"


def test_a_secret_that_only_this_process_knows_is_found() -> None:
    text = changed("req_2", "hunter2-hunter2")
    assert [finding.rule for finding in lint(read(text), Redactor(["hunter2-hunter2"]))] == ["secret"]


def test_a_finding_reads_as_compilers_print_theirs() -> None:
    assert str(Finding(7, "blame", "“should have” blames")) == "7: blame: “should have” blames"


def test_lines_count_from_the_top_of_the_file_with_its_front_matter() -> None:
    known = known_incident()
    text = markdown(known.form(), known.figures, after(2000))
    finding = lint(read(text))[0]
    assert text.split("\n")[finding.line - 1].startswith("- **Root Cause:**")
