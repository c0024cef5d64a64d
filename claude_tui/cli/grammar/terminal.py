"""The grammar of the commands that fit the program into a terminal: status line, doctor, completion."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import seconds
from claude_tui.cli.statusline.text import COLORS, PARTS, unknown_parts

__all__ = ["SHELLS", "add_completion", "add_doctor", "add_statusline"]

SHELLS = ("bash", "zsh", "fish")
"""The shells whose command line can be completed."""

_STATUSLINE_EPILOG = """\
Shows what the collecting dashboard or agent has found, from its history: it sends nothing, creates
nothing and does not read its input. Without a collector it says so, and since when.

parts of a template:
{parts}

examples:
  claude-top statusline --color tmux       for status-right of tmux
  claude-top statusline --format '{{glyph}} {{severity}}'

`claude-top manual statusline` has recipes for tmux, shells and Claude Code.

exit codes:
  0 whatever it shows   3 invalid usage; for a verdict in scripts use `claude-top check`
"""

_DOCTOR_EPILOG = """\
Checks the terminal, the settings, the format of the key, the connection to the API, the clock, the
history, the alert receivers and the ports for own traffic, and says what to do about each. It lists
the models, reads the status page and connects to receivers without sending them anything, all free
of charge. It changes nothing, and needs no key, network or history.

exit codes:
  0 all is well   1 a warning   2 something to fix   3 unknown, or invalid usage
"""

_COMPLETION_EPILOG = """\
Save it where the shell looks for completions. It completes commands, options, scenarios, themes,
manual pages and causes, without starting a program. Save it again after an update.

bash, with the package bash-completion:
  claude-top completion bash > ~/.local/share/bash-completion/completions/claude-top
bash, without:
  claude-top completion bash > ~/.claude-top.bash; echo '. ~/.claude-top.bash' >> ~/.bashrc
zsh, in a directory of $fpath, before compinit:
  claude-top completion zsh > ~/.zfunc/_claude-top
fish:
  claude-top completion fish > ~/.config/fish/completions/claude-top.fish
"""


def add_completion(commands: Any) -> None:
    parser = commands.add_parser(
        "completion",
        help="print a script with which a shell completes the command line",
        description="Print a script with which bash, zsh or fish completes the command line.",
        epilog=_COMPLETION_EPILOG,
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def add_doctor(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        help="check terminal, network, key, history and receivers, and say what to do",
        description="Check everything the program depends on, and say what to do about it.",
        epilog=_DOCTOR_EPILOG,
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object (claude-top/doctor@1)")
    form.add_argument("--schema", action="store_true", help="print the JSON Schema of that object")
    parser.add_argument("--offline", action="store_true", help="use no network")
    parser.add_argument("--timeout", type=seconds, metavar="S", help="seconds to wait for each answer")
    add_flags(parser, "doctor")


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
