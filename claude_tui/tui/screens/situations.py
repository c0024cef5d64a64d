"""Help by situation: what to press, and what to type in a shell, when something happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from claude_tui.tui.actions import ACTIONS, is_offered
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.render.lines import Line, Lines, Span, crop, flow, line

__all__ = ["SITUATIONS", "Situation", "Step", "situation_lines"]

_INDENT = 2
_MOST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Step:
    """A step: an action of the registry, or a command for a shell."""

    purpose: str
    """Why to take it in this situation."""
    action: str = ""
    """The id of the action; empty for a command."""
    command: str = ""
    """The command; empty for an action."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation, as people describe it."""

    title: str
    """The situation in their words."""
    steps: tuple[Step, ...]
    """What to do, in this order."""


def _press(action: str, purpose: str) -> Step:
    return Step(purpose, action=action)


def _type(command: str, purpose: str) -> Step:
    return Step(purpose, command=command)


SITUATIONS: tuple[Situation, ...] = (
    Situation(
        "You are new here",
        (
            _press("zoom_verdict", "why it says what it says"),
            _press("palette", "any command by its name"),
            _press("search_help", "look for a word on this page"),
            _type("claude-top drill", "practise"),
            _type("claude-top manual", "the reference"),
        ),
    ),
    Situation(
        "It is down, or seems to be",
        (
            _press("decide", "them or us, question by question"),
            _press("first_five", "three checks at once"),
            _press("act", "the playbook for the verdict"),
            _press("incident", "declare an incident"),
            _press("acknowledge", "say that you are on it"),
        ),
    ),
    Situation(
        "It is our limits (429)",
        (
            _press("zoom_headroom", "which limit, and until when"),
            _press("zoom_traffic", "which application uses it up"),
            _press("act", "what to shed or queue"),
            _type("claude-top runbook --cause rate_limited", "the same without a screen"),
        ),
    ),
    Situation(
        "It is slow",
        (
            _press("zoom_latency", "since when, and compared with usual"),
            _press("zoom_traffic", "whether your own calls are slow too"),
            _press("decide", "the network or the API"),
        ),
    ),
    Situation(
        "Somebody joins, or asks what is going on",
        (
            _press("copy", "a summary to paste; texts for users and support"),
            _press("incident", "the timeline, who leads, what was done"),
            _press("note", "on the incident: note what happened"),
            _press("roles", "on the incident: who leads"),
            _type("claude-top --read-only", "only watch"),
        ),
    ),
    Situation(
        "It is over, or nearly",
        (
            _press("mitigated", "on the incident: the impact is under control"),
            _press("resolve", "on the incident: resolve it"),
            _press("postmortem", "what the record already says"),
        ),
    ),
    Situation(
        "What happened while nobody was watching",
        (
            _press("go_to", "see the screen as it was"),
            _press("event_before", "to the event before"),
            _press("history", "the last 90 days"),
            _type("claude-top report", "the same as an email"),
        ),
    ),
    Situation(
        "It pages too often, or nobody was paged",
        (
            _press("snooze", "quiet for a while"),
            _press("zoom_verdict", "alerts and notifications"),
            _type("claude-top alerts test", "a test message to every route"),
        ),
    ),
    Situation(
        "Something is wrong with this program",
        (_type("claude-top doctor", "what, and what to do"), _press("probe", "probe everything again now")),
    ),
)
"""The situations, in the order of the help screen."""


def situation_lines(situation: Situation, keymap: KeyMap, cells: int) -> Lines:
    """The title, with the steps below it in running text; without actions that cannot be called here."""
    steps = [_shown(step, keymap) for step in situation.steps if _is_possible(step, keymap)]
    steps_text = line(*(span for number, step in enumerate(steps) for span in _joined(step, number)))
    rows = flow(steps_text, cells - _INDENT, _MOST_ROWS)
    title = crop(line(Span(situation.title, "text", bold=True)), cells)
    return (title, *(line(" " * _INDENT, *row) for row in rows))


def _joined(step: Line, number: int) -> Iterator[Span]:
    if number:
        yield Span(" · ", "dim")
    yield from step


def _is_possible(step: Step, keymap: KeyMap) -> bool:
    return bool(step.command) or is_offered(_ACTIONS[step.action], keymap)


def _shown(step: Step, keymap: KeyMap) -> Line:
    if step.command:
        return line(Span(step.command, "accent"), Span(f" {step.purpose}", "dim"))
    action = _ACTIONS[step.action]
    key = display(first_key(action.id, action.keys, keymap))
    return line(Span(key, "accent", bold=True), Span(f" {step.purpose}", "dim"))


_ACTIONS = {action.id: action for action in ACTIONS}
