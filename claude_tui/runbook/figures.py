"""The thresholds in the texts of a runbook: `{{headroom_low}}` becomes `20%`, or the value in the settings.

They are the same for every incident, so they are filled in when a runbook is loaded; values that depend on
the incident are in `placeholders`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from claude_tui.analysis.options import Options
from claude_tui.model.format import plural
from claude_tui.runbook.placeholders import fill
from claude_tui.runbook.values import Check, Node, Playbook, Runbook

__all__ = ["FIGURES", "figures_of", "with_figures"]

Part = TypeVar("Part", bound=Any)
_NODE = ("title", "text", "help", "first")
_PLAYBOOK = ("title", "intro", "over")
_STEP = ("title", "why", "how", "check", "shell", "python")
_COMMAND = ("title", "text")
_UNITS = ((3600, "hour"), (60, "minute"), (1, "second"))


def figures_of(options: Options) -> Mapping[str, str]:
    """The thresholds in words, by the name of their setting."""
    limits = options.thresholds
    return {
        "headroom_low": _share(options.headroom_low),
        "ttft_slow_s": f"{options.ttft_slow_s:g} s",
        "warn_ratio": f"{options.warn_ratio:g} times",
        "bad_ratio": f"{options.bad_ratio:g} times",
        "most_fail": _share(limits.most_fail),
        "most_fail_ends": _share(limits.most_fail_ends),
        "errors": _share(limits.errors),
        "severity_span_s": _span(limits.severity_span_s),
        "rare_span_s": _span(limits.rare_span_s),
        "ratio_failures": f"{limits.ratio_failures}",
        "tail_s": f"{limits.tail_s:g} s",
        "respond_p2_s": _span(limits.respond_p2_s),
        "respond_p3_s": _span(limits.respond_p3_s),
    }


def _share(fraction: float) -> str:
    """`5%`, `99.5%`, `0.1%`."""
    return f"{fraction * 100:.3g}%"


def _span(seconds: float) -> str:
    """`5 minutes`, `1 hour`, `90 seconds`: in the largest unit that gives a whole number."""
    whole = round(seconds)
    size, unit = next((size, unit) for size, unit in _UNITS if whole % size == 0)
    return plural(whole // size, unit)


FIGURES = frozenset(figures_of(Options()))
"""The thresholds that a text may name."""


def with_figures(runbook: Runbook, options: Options) -> Runbook:
    """The runbook with the thresholds filled in."""
    figures = figures_of(options)

    def filled(text: str) -> str:
        return fill(text, figures)

    return replace(
        runbook,
        nodes={name: _node(node, filled) for name, node in runbook.nodes.items()},
        playbooks={name: _playbook(playbook, filled) for name, playbook in runbook.playbooks.items()},
        checks=tuple(_check(check, filled) for check in runbook.checks),
    )


Filled = Callable[[str], str]


def _node(node: Node, filled: Filled) -> Node:
    branches = tuple(_texts(branch, ("label",), filled) for branch in node.branches)
    commands = tuple(_texts(command, _COMMAND, filled) for command in node.commands)
    return replace(_texts(node, _NODE, filled), branches=branches, commands=commands)


def _playbook(playbook: Playbook, filled: Filled) -> Playbook:
    steps = tuple(_texts(step, _STEP, filled) for step in playbook.steps)
    return replace(_texts(playbook, _PLAYBOOK, filled), steps=steps)


def _check(check: Check, filled: Filled) -> Check:
    commands = tuple(_texts(command, _COMMAND, filled) for command in check.commands)
    return replace(_texts(check, ("title", "reads"), filled), commands=commands)


def _texts(part: Part, names: tuple[str, ...], filled: Filled) -> Part:
    """The part with the named texts filled in."""
    return replace(part, **{name: filled(getattr(part, name)) for name in names})
