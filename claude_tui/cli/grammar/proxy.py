"""The grammar of the command `proxy`."""

from __future__ import annotations

from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import drain, whole

__all__ = ["add_proxy"]

_EPILOG = """\
It passes every call on as it is, and keeps of it what a bill and an incident need: times, outcome,
tokens, model, application. Never what was asked or answered. It caches nothing and sends nothing
twice. `claude-top manual proxy` says what its presence changes.

SIGTERM and SIGINT stop it: no new calls, and --drain seconds for the open ones; a second one ends
it at once.

examples:
  claude-top proxy                         in front of the API, for programs on this machine
  claude-top proxy --upstream https://gateway.example.com --workers 2
  ANTHROPIC_BASE_URL=http://127.0.0.1:8787 python application.py
  claude-top proxy --fingerprint           what the settings call the key in ANTHROPIC_API_KEY
"""


def add_proxy(commands: Any) -> None:
    """The command's part of the grammar."""
    parser = commands.add_parser(
        "proxy",
        help="pass applications' calls on to the API and measure them",
        description="A reverse proxy to put under ANTHROPIC_BASE_URL: it measures the real calls.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1:8787",
        metavar="ADDRESS:PORT",
        help="where to take calls (default: 127.0.0.1:8787; port 0 is any free one)",
    )
    parser.add_argument(
        "--upstream", metavar="URL", help="where they go (default: the setting base_url, or the API)"
    )
    parser.add_argument(
        "--workers",
        type=whole(1, 64),
        default=1,
        metavar="N",
        help="processes that share the port (default: 1)",
    )
    parser.add_argument(
        "--drain",
        type=drain,
        default=60.0,
        metavar="S",
        help="seconds that open calls may take when it is stopped (default: 60)",
    )
    parser.add_argument("--allow-remote", action="store_true", help="listen where other machines can connect")
    parser.add_argument(
        "--fingerprint",
        action="store_true",
        help="print what the setting `applications` calls the key in ANTHROPIC_API_KEY, and exit",
    )
    add_flags(parser, "proxy")
