"""The grammar of the command `serve`."""

from __future__ import annotations

from typing import Any

from claude_tui.cli.grammar.flags import add_flags
from claude_tui.cli.grammar.values import whole

__all__ = ["add_serve"]

_EPILOG = """\
Prints the address to open. Each browser gets its own dashboard, which ends when it leaves. It shows
what an agent or a dashboard on the same data directory records; with --allow-actions it may do all
that a dashboard can, and one of them collects if no other process does.

On loopback everybody on this machine can watch; another address, --host and --allow-actions require a
token, in CLAUDE_TOP_SERVE_TOKEN or in a file. `claude-top manual serve` has a recipe for each.

SIGTERM and SIGINT stop it.

examples:
  claude-top serve                         for a browser on this machine, or through ssh -L
  claude-top serve --token-file ~/.claude-top-token --listen 10.0.0.7:8788
"""


def add_serve(commands: Any) -> None:
    """The command's part of the grammar."""
    parser = commands.add_parser(
        "serve",
        help="show the dashboard in a browser",
        description="The dashboard in a browser, for those without a shell. Needs the extra `serve`.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1:8788",
        metavar="ADDRESS:PORT",
        help="where browsers connect (default: 127.0.0.1:8788; port 0 is any free one)",
    )
    parser.add_argument(
        "--host",
        dest="hosts",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which a reverse proxy in front of it is reached; may be given several times",
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help="the token to require; created if the file is missing"
    )
    parser.add_argument(
        "--allow-actions", action="store_true", help="let browsers probe, acknowledge and declare, too"
    )
    parser.add_argument(
        "--sessions",
        type=whole(1, 100),
        default=8,
        metavar="N",
        help="how many browsers at a time; each takes about 55 MB (default: 8)",
    )
    add_flags(parser, "serve")
