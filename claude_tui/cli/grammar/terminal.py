"""The grammar of the commands that fit the program into a terminal: its status line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.statusline.text import COLORS, PARTS, unknown_parts

__all__ = ["add_statusline"]

_STATUSLINE_EPILOG = """\
Shows what the dashboard or agent that collects has found, from its history: it sends nothing, creates
nothing and does not read its input. Without a collector it says so, and since when.

parts of a template:
{parts}

examples:
  claude-top statusline --color tmux       for status-right of tmux
  claude-top statusline --format '{{glyph}} {{severity}}'

`claude-top manual statusline` has recipes for tmux, shells and Claude Code.

exit codes:
  0 whatever it shows   3 invalid usage; scripts ask `claude-top check` for a verdict
"""


def add_statusline(commands: Any) -> None:
    parts = "\n".join(f"  {f'{{{name}}}':<12}{meaning}" for name, meaning in PARTS.items())
    parser = commands.add_parser(
        "statusline",
        help="print one short line, for tmux, prompts and Claude Code",
        description="One line: whose problem it is, how bad, and the figures that matter.",
        epilog=_STATUSLINE_EPILOG.format(parts=parts),
    )
    parser.add_argument("--format", type=_template, metavar="TEMPLATE", help="the line, with parts in braces")
    parser.add_argument(
        "--color", choices=COLORS, default=COLORS[0], help="how colours are written (default: none)"
    )
    add_flags(parser, "statusline")


def _template(text: str) -> str:
    """Raises ArgumentTypeError for a part that does not exist."""
    if unknown := unknown_parts(text):
        raise ArgumentTypeError(f"got {{{unknown[0]}}}, expected parts such as {{{'}, {'.join(PARTS)}}}")
    return text
