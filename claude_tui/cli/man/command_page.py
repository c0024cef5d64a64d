"""`claude-top(1)`: the commands with their options, as in `--help`."""

from __future__ import annotations

import re
from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from textwrap import dedent, wrap

from claude_tui.cli.man.roff import bold, escaped, heading, item, page_of, preformatted, section, title
from claude_tui.manual import load_page, topics

__all__ = ["command_page"]

_COLUMNS = 68
_ENDS = re.compile(r"(?m)^([a-z][\w ,]*):$")


def command_page(parser: ArgumentParser, date: str) -> str:
    """The page as roff."""
    lines = [
        title("claude-top", 1, date),
        section("name"),
        "claude\\-top \\- " + escaped(_lowered(parser.description or "")),
        section("synopsis"),
        f"{bold('claude-top')} [options]",
        ".br",
        f"{bold('claude-top')} command [options]",
        section("description"),
        escaped(parser.description or ""),
        ".PP",
        "Without a command: the dashboard.",
        section("options"),
        *_options(parser),
        section("commands"),
    ]
    for name, inner in _commands(parser, ""):
        lines += _command(name, inner)
    lines += _rest(parser.epilog or "")
    lines += [section("see also"), *_see_also()]
    return page_of(lines)


def _lowered(sentence: str) -> str:
    text = sentence.rstrip(".?")
    return text[:1].lower() + text[1:]


def _commands(parser: ArgumentParser, before: str) -> Iterator[tuple[str, ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, inner in action.choices.items():
                yield f"{before} {name}".strip(), inner
                yield from _commands(inner, f"{before} {name}".strip())


def _command(name: str, parser: ArgumentParser) -> list[str]:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").replace("[-h]", "").split())
    wrapped = wrap(usage, _COLUMNS, subsequent_indent=" " * 8, break_on_hyphens=False)
    lines = [heading(f"claude-top {name}"), *_text(parser.description or ""), *preformatted(wrapped)]
    # Every command has it, so it is not listed.
    lines += _options(parser, without="help")
    if parser.epilog:
        lines += preformatted(parser.epilog.rstrip("\n").split("\n"))
    return lines


def _text(text: str) -> list[str]:
    return escaped(text).split("\n") if text else []


def _options(parser: ArgumentParser, without: str = "") -> list[str]:
    lines: list[str] = []
    for action in parser._actions:
        if action.help != SUPPRESS and action.dest != without and not isinstance(action, _SubParsersAction):
            lines += item(_invocation(parser, action), escaped(_help(parser, action)) or "\\&")
    return lines


def _invocation(parser: ArgumentParser, action: Action) -> str:
    return bold(parser._get_formatter()._format_action_invocation(action))


def _help(parser: ArgumentParser, action: Action) -> str:
    return parser._get_formatter()._expand_help(action) if action.help else ""


def _rest(epilog: str) -> Iterator[str]:
    """The parts of the epilogue that have a heading: examples, environment, exit codes."""
    parts = _ENDS.split(epilog)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        yield section("exit status" if name == "exit codes" else name)
        yield from preformatted(dedent(body).strip("\n").split("\n"))


def _see_also() -> list[str]:
    """The pages of the manual, each a page of section 7."""
    lines = [f"{escaped('The manual, also shown by')} {bold('claude-top manual')}:"]
    for topic in topics():
        lines += item(f"{bold(f'claude-top-{topic}')}(7)", escaped(load_page(topic).title))
    return lines
