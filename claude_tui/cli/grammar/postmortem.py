"""The grammar of `claude-top postmortem`, and its help."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from claude_tui.cli.grammar.flags import add_flags

__all__ = ["add_postmortem"]

_EPILOG = """\
Without an action: the list. ID is a label such as INC-7, its number, or the beginning of its id;
without ID, or with `last`, the open incident or the one declared last.

examples:
  claude-top postmortem                    all, and what each is missing
  claude-top postmortem edit               in $EDITOR; what others write in the meantime is kept
  claude-top postmortem export 7 pm.md     Markdown with the headings of the runbook's template
  claude-top postmortem lint pm.md         what is missing or wrong, line by line
  claude-top postmortem edit --from pm.md  records the changes made in the file
  claude-top postmortem new "Checkout down" --started "2026-11-20 14:02" --ended "2026-11-20 14:31"

exit codes:
  0 done   1 lint found something   3 invalid usage or settings
"""


def add_postmortem(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "postmortem",
        help="write, export and check the postmortem of an incident",
        description="Postmortems: what the record says, what people wrote, what is left to do.",
        epilog=_EPILOG,
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of an exported one")
    add_flags(parser, "postmortem")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    for action, words in (
        ("list", "list them, with what each is missing"),
        ("show", "print one as Markdown"),
        ("new", "begin one for an incident that nobody declared"),
        ("edit", "open one in $VISUAL or $EDITOR, and record what you change"),
        ("export", "write one as Markdown or JSON"),
        ("lint", "list what is missing or wrong in a document"),
    ):
        added = actions.add_parser(action, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if (arguments := _ARGUMENTS.get(action)) is not None:
            arguments(added)
        add_flags(added, f"postmortem {action}")


def _which(parser: ArgumentParser) -> None:
    parser.add_argument("incident", nargs="?", metavar="ID", help="default: the open incident or the last")


def _new(parser: ArgumentParser) -> None:
    parser.add_argument("title", metavar="TITLE", help="what happened, in a few words")
    when = "such as 14:02, -2h or 2026-11-20 14:02 (UTC)"
    parser.add_argument("--started", metavar="TIME", required=True, help=f"the first failure, {when}")
    parser.add_argument("--ended", metavar="TIME", help="when it was over (default: it is still open)")
    parser.add_argument("--severity", choices=("P1", "P2", "P3", "P4"), help="default: as the record has it")


def _edit(parser: ArgumentParser) -> None:
    _which(parser)
    parser.add_argument(
        "--from", dest="source", metavar="FILE", help="an exported document that you have edited"
    )


def _export(parser: ArgumentParser) -> None:
    _which(parser)
    parser.add_argument("file", nargs="?", metavar="FILE", help="where to (default: standard output)")
    parser.add_argument("--format", choices=("md", "json"), help="default: by the name of FILE, else md")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def _lint(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a Markdown document; - for standard input")


_ARGUMENTS: dict[str, Callable[[ArgumentParser], None]] = {
    "show": _which,
    "new": _new,
    "edit": _edit,
    "export": _export,
    "lint": _lint,
}
