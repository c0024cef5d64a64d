"""The decision tree and the playbooks as data, and pure functions on them."""

from claude_tui.runbook.facts import NO_FACTS, Facts, facts_of
from claude_tui.runbook.first_five import CheckResult, CheckState, commands, results
from claude_tui.runbook.loading import load, shipped, user_files
from claude_tui.runbook.placeholders import Placeholders
from claude_tui.runbook.progress import Progress, mark, progress_of, restart
from claude_tui.runbook.values import Branch, Check, Command, Node, Playbook, Runbook, RunbookError, Step
from claude_tui.runbook.view import PlaybookView, WalkView, playbook_view, walk_view
from claude_tui.runbook.walk import Suggestion, Walk, back, begin, follow, playbook_now, suggest, take

__all__ = [
    "NO_FACTS",
    "Branch",
    "Check",
    "CheckResult",
    "CheckState",
    "Command",
    "Facts",
    "Node",
    "Placeholders",
    "Playbook",
    "PlaybookView",
    "Progress",
    "Runbook",
    "RunbookError",
    "Step",
    "Suggestion",
    "Walk",
    "WalkView",
    "back",
    "begin",
    "commands",
    "facts_of",
    "follow",
    "load",
    "mark",
    "playbook_now",
    "playbook_view",
    "progress_of",
    "restart",
    "results",
    "shipped",
    "suggest",
    "take",
    "user_files",
    "walk_view",
]
