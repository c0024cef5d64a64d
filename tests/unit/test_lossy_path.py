"""A link of ours that loses requests: counted over several hosts, so that one lucky answer clears nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.diagnosis.losses import is_lossy
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from tests.builders import after, healthy, history_of, messages, models, page
from tests.diagnosed import HOUR, OPENED, blamed, verdict

LOST, BAD = Outcome.TIMEOUT, Outcome.SERVER_ERROR


def link(share: float, seconds: float, *, seed: int = 1, page_too: bool = True) -> list[Observation]:
    """A link that loses a share of all requests; `page_too` False spares the status page's host."""
    dice = Random(seed)
    seen: list[Observation] = []
    for number in range(int(seconds / 10)):
        at = HOUR + 10.0 * number
        seen.append(messages(at, LOST if dice.random() < share else Outcome.OK, http_status=None))
        seen.append(models(at + 2, LOST if dice.random() < share else Outcome.OK, http_status=None))
        lost = page_too and dice.random() < share
        seen.append(page(at + 4, LOST if lost else Outcome.OK))
    return seen


def judged(*seen: Observation) -> Verdict:
    return verdict([*healthy(0, HOUR), *(page(60.0 * number) for number in range(60))], list(seen))


@pytest.mark.parametrize("seed", range(6))
def test_a_third_lost_on_all_hosts_is_the_path(seed: int) -> None:
    found = judged(*link(0.35, 600, seed=seed))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert found.severity.trouble


def test_a_tenth_lost_on_all_hosts_is_the_path_within_ten_minutes() -> None:
    right = [blamed(judged(*link(0.1, 600, seed=seed))) == (Cause.NETWORK, Side.PATH) for seed in range(10)]
    assert right.count(True) >= 9


@pytest.mark.parametrize(("error", "side"), [(BAD, Side.THEM), (LOST, Side.PATH)])
def test_one_lost_page_does_not_make_it_the_path_while_the_api_sends_errors(
    error: Outcome, side: Side
) -> None:
    """A mix of 500s and time-outs read as the network for minutes after one page had been lost by chance."""
    seen: list[Observation] = []
    for number in range(24):
        at = HOUR + 10.0 * number
        outcome = {2: LOST, 7: LOST, 12: LOST, 18: error}.get(number, Outcome.OK)
        lost = number == 17
        seen += [messages(at, outcome), models(at + 2), page(at + 4, LOST if lost else Outcome.OK)]
    assert judged(*seen[:60]).side is side


def test_messages_alone_that_get_no_answer_are_theirs() -> None:
    seen: list[Observation] = []
    for number in range(40):
        at = HOUR + 10.0 * number
        hangs = replace(messages(at, LOST, http_status=None), timings=OPENED)
        seen += [hangs if number % 2 else messages(at), models(at + 2), page(at + 4)]
    assert blamed(judged(*seen)) == (Cause.PROVIDER_ERRORS, Side.THEM)


def test_a_host_that_is_clean_for_long_clears_the_path() -> None:
    spared = history_of(*healthy(0, HOUR), *link(0.35, 900, page_too=False))
    assert not is_lossy(spared, after(HOUR + 900), after(HOUR))
    lucky = history_of(*healthy(0, HOUR), *link(0.35, 60, page_too=False))
    assert is_lossy(lucky, after(HOUR + 60), after(HOUR))


def test_a_lost_probe_in_two_hundred_is_no_lossy_path() -> None:
    dice = Random(5)
    seen: list[Observation] = []
    for number in range(720):
        at = 15.0 * number
        seen.append(models(at, LOST if dice.random() < 0.005 else Outcome.OK, http_status=None))
        if number % 2 == 0:
            seen.append(messages(at + 5, LOST if dice.random() < 0.005 else Outcome.OK, http_status=None))
    assert verdict(seen).severity is Severity.NONE


def test_a_lossy_path_keeps_its_severity_while_only_messages_recover() -> None:
    """It was P2 while messages were lost, and P3 in between: now the same messages count for both."""
    seen = [
        *link(0.0, 1800),
        *(
            replace(observation, at=observation.at + timedelta(seconds=1800))
            for observation in link(0.35, 600)
        ),
    ]
    history = history_of(*seen)
    shown = [
        diagnose(history, observation.at, Options())
        for observation in sorted(seen, key=lambda observation: observation.at)
    ]
    severities = [found.severity for found in shown if found.severity.trouble]
    falls = sum(before.worse_than(now) for before, now in pairwise(severities) if before is not Severity.P1)
    assert Severity.P2 in severities
    assert falls == 0
    assert len({found.since for found in shown[-200:] if found.severity is Severity.P2}) == 1


def test_the_path_is_well_again_when_all_sources_together_show_it() -> None:
    """The messages alone would need longer, as they are the fewest."""
    lossy, well = link(0.1, 3000), link(0.0, 900, seed=2)
    after_it = [replace(observation, at=observation.at + timedelta(seconds=3000)) for observation in well]
    history = history_of(*lossy, *after_it)
    end = after_it[-1].at
    assert diagnose(history, lossy[-1].at, Options()).cause is Cause.NETWORK
    assert diagnose(history, end, Options()).cause is Cause.HEALTHY
