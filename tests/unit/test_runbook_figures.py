"""Conditions and texts of the runbook follow a threshold that is changed in the settings."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
from importlib import resources
from pathlib import Path

import pytest

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine import Pace, options_from
from claude_tui.model.observation import WindowReading
from claude_tui.runbook import Placeholders, RunbookError, facts_of, load, shipped, suggest
from claude_tui.runbook.figures import FIGURES, figures_of
from claude_tui.runbook.text import cause_text, tree_text
from claude_tui.settings import Settings
from tests.builders import bucket, engine, history_of, messages

SETTINGS = Settings()
THRESHOLDS = re.compile(r"\{\{(\w+)\}\}")


def window(used: float) -> WindowReading:
    return WindowReading("5h", used, None, None)


def options(**changed: float) -> Options:
    settings = replace(SETTINGS, **changed)
    return options_from(settings, Pace.of(settings))


def leads_to(node: str, seen: dict[str, list], chosen: Options) -> str:
    """Where the data points to from a node, while the last messages reported these limits."""
    observations = [messages(30.0 * number, **seen) for number in range(6)]
    history, at = history_of(*observations), max(observation.at for observation in observations)
    snapshot = build_snapshot(history, at, engine(), chosen)
    runbook = shipped(chosen)
    suggestion = suggest(runbook.nodes[node], facts_of(snapshot, snapshot.verdict))
    return "" if suggestion is None else runbook.nodes[node].branches[suggestion.branch].to


@pytest.mark.parametrize(
    ("seen", "default", "changed"),
    [
        ({"limits": [bucket("input", 250)]}, "all_well", "headroom_low"),
        ({"limits": [bucket("input", 200)]}, "headroom_low", "headroom_low"),
        ({"windows": [window(0.75)]}, "all_well", "headroom_low"),
        ({"windows": [window(0.65)]}, "all_well", "all_well"),
    ],
)
def test_limits_run_low_in_the_tree_where_the_setting_says(
    seen: dict[str, list], default: str, changed: str
) -> None:
    assert leads_to("fine", seen, options()) == default
    assert leads_to("fine", seen, options(headroom_low=0.3)) == changed


def test_a_window_is_low_for_the_playbook_where_the_setting_says() -> None:
    observations = [messages(30.0 * number, windows=[window(0.75)]) for number in range(6)]
    history, at = history_of(*observations), max(observation.at for observation in observations)
    step = shipped().playbooks["rate_limited"].step("window")
    assert step is not None
    assert step.when is not None
    for chosen, holds in ((options(), False), (options(headroom_low=0.3), True)):
        facts = facts_of(build_snapshot(history, at, engine(), chosen), None)
        assert facts["window_low"].value is holds
        # Without a rate limit it is not known which one is reached.
        assert step.when.holds({name: fact.value for name, fact in facts.items()}) is (
            True if holds else None
        )


@pytest.mark.parametrize(
    ("setting", "value", "default", "changed"),
    [
        ("headroom_low", 0.3, "every bucket above 20%", "every bucket above 30%"),
        ("headroom_low", 0.35, "Headroom stays above 20%", "Headroom stays above 35%"),
        (
            "most_fail",
            0.995,
            "P1: 90% of the message requests fail",
            "P1: 99.5% of the message requests fail",
        ),
        ("errors", 0.1, "P2: 5%, or p99", "P2: 10%, or p99"),
        ("errors", 0.1, "5% or more; 429s that keep coming", "10% or more; 429s that keep coming"),
        ("tail_s", 7.5, "keep coming; or p99 over 10 s", "keep coming; or p99 over 7.5 s"),
        ("tail_s", 7.5, "5%, or p99 over 10 s", "5%, or p99 over 7.5 s"),
        ("severity_span_s", 90.0, "90% or more, over 5 minutes", "90% or more, over 90 seconds"),
        ("respond_p2_s", 600.0, "Respond within 15 minutes;", "Respond within 10 minutes;"),
        ("respond_p3_s", 7200.0, "Respond within 1 hour.", "Respond within 2 hours."),
        ("bad_ratio", 2.5, "TTFT is under 3 times the usual", "TTFT is under 2.5 times the usual"),
        ("ttft_slow_s", 4.0, "or over 3 s, is slow", "or over 4 s, is slow"),
        ("warn_ratio", 1.5, "TTFT is under 2 times the usual", "TTFT is under 1.5 times the usual"),
    ],
)
def test_the_printed_runbook_says_what_the_setting_says(
    setting: str, value: float, default: str, changed: str
) -> None:
    before, after = printed(options()), printed(options(**{setting: value}))
    assert default in before
    assert changed not in before
    assert changed in after
    assert default not in after


def printed(chosen: Options) -> str:
    """The tree and every playbook, each paragraph on one line."""
    runbook, blanks = shipped(chosen), Placeholders()
    texts = [tree_text(runbook, blanks, 2000)]
    texts += [cause_text(runbook, name, blanks, 2000) for name in runbook.playbooks]
    return "\n".join(texts)


def test_every_figure_is_a_setting_and_follows_it() -> None:
    names = {field.name for field in fields(Settings)}
    assert names >= FIGURES
    for name in FIGURES:
        now = getattr(SETTINGS, name)
        changed = options(**{name: now + 1 if isinstance(now, int) else now * 1.5})
        differing = {
            figure for figure in FIGURES if figures_of(changed)[figure] != figures_of(options())[figure]
        }
        assert differing == {name}


def test_no_text_is_left_with_a_threshold_to_fill_in() -> None:
    runbook = shipped()
    texts = str([asdict(element) for element in (*runbook.nodes.values(), *runbook.playbooks.values())])
    assert FIGURES.isdisjoint(THRESHOLDS.findall(texts))


def test_ones_own_texts_may_name_a_threshold(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('[[branch]]\nat = "start"\nlabel = "Slower than {{tail_s}}"\nto = "blind"\n')
    assert load([file], options(tail_s=8)).nodes["start"].branches[0].label == "Slower than 8 s"


@pytest.mark.parametrize("blank", ["tail", "model"])
def test_a_label_can_name_thresholds_only(blank: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(f'[[branch]]\nat = "start"\nlabel = "Over {{{{{blank}}}}}"\nto = "blind"\n')
    with pytest.raises(RunbookError, match=rf"label: got the placeholder \{{\{{{blank}\}}\}}.*tail_s"):
        load([file])


def test_the_first_lines_of_the_tree_list_every_threshold() -> None:
    text = resources.files("claude_tui.runbook").joinpath("tree/start.toml").read_text("utf-8")
    comment = text[: text.index('start = "start"')]
    assert set(THRESHOLDS.findall(comment)) >= FIGURES
