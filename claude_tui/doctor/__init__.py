"""`claude-top doctor`: checks everything the program depends on, and says what to fix. No Textual.

It changes nothing, costs nothing, and works without a key, a network, a history or valid settings.
"""

from __future__ import annotations

from claude_tui.doctor.configuration import ScreenProblem
from claude_tui.doctor.document import schema_text
from claude_tui.doctor.examination import Environment, examine, run
from claude_tui.doctor.finding import Area, Condition, Finding, exit_code
from claude_tui.doctor.terminal import Terminal

__all__ = [
    "Area",
    "Condition",
    "Environment",
    "Finding",
    "ScreenProblem",
    "Terminal",
    "examine",
    "exit_code",
    "run",
    "schema_text",
]
