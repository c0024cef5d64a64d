"""A small fixed part of `tests.bench.witness`: with own traffic, a problem and its side are reported soon."""

from __future__ import annotations

import pytest

from claude_tui.model.verdict import Severity
from tests.bench.witness import CASES, WELL, Case, judge

# Failures that begin with the first call of a span are reported within 10 s; a small share takes a minute.
SOON_S = {"outage": 10.0, "529 20%": 10.0}
OF_PROBES = {"the probe's key", "the probe's network", "500s of the probe alone"}
IDS = [case.name for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_at_ten_calls_a_second_every_trouble_is_diagnosed_within_a_minute(case: Case) -> None:
    found = judge(case, 10.0, seed=5)
    assert found.right, found.judged
    assert found.false == 0
    assert not found.worst.worse_than(case.most)
    if case.truths != WELL:
        assert found.diagnosed_s is not None
        assert found.diagnosed_s <= SOON_S.get(case.name, 60.0)


@pytest.mark.parametrize(
    "case",
    [candidate for candidate in CASES if candidate.name not in OF_PROBES],
    ids=lambda candidate: candidate.name,
)
def test_a_few_calls_a_minute_page_nobody_alone(case: Case) -> None:
    found = judge(case, 0.1, seed=5)
    assert found.false == 0
    if case.scenario is CASES[0].scenario:
        assert found.judged == ("healthy", "none")
        assert found.worst is Severity.NONE
