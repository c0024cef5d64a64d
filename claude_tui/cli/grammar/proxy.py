"""The grammar of the command `proxy`."""

from __future__ import annotations

from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import drain, whole

__all__ = ["add_proxy"]

_EPILOG = """\
Forwards every call unchanged and records times, outcome, tokens, model and application, but never
prompts or responses. It caches nothing and sends nothing twice. `claude-top manual proxy` describes
its side effects.

SIGTERM and SIGINT stop it: it accepts no new calls and gives the open ones --drain seconds; a second
signal ends it at once.

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
        help="forward applications' calls to the API and measure them",
        description="A reverse proxy for ANTHROPIC_BASE_URL that measures the real calls.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1:8787",
        metavar="ADDRESS:PORT",
        help="where to listen (default: 127.0.0.1:8787; port 0 is any free one)",
    )
    parser.add_argument(
        "--upstream", metavar="URL", help="where calls go (default: the setting base_url, or the API)"
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
        help="seconds that open calls have to finish when it is stopped (default: 60)",
    )
    parser.add_argument("--allow-remote", action="store_true", help="listen where other machines can connect")
    parser.add_argument(
        "--fingerprint",
        action="store_true",
        help="print what the setting `applications` calls the key in ANTHROPIC_API_KEY, and exit",
    )
    add_flags(parser, "proxy")
