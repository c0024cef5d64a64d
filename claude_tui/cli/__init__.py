"""The command line: parses it, then imports only what the command needs.

Exit codes follow monitoring plugins: 0 fine, 1 warning, 2 critical, 3 unknown or invalid usage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from claude_tui import __version__

__all__ = ["main"]

EXIT_OK = 0
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the process's arguments) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # The parser imports the settings, which would make these take too long.
    if arguments == ["--version"]:
        return _guarded(_print_version, arguments)
    if arguments[:1] == ["statusline"]:
        return _guarded(lambda: _statusline(arguments), arguments)
    return _guarded(lambda: _run(arguments), arguments)


def _statusline(arguments: Sequence[str]) -> int:
    from claude_tui.cli.statusline import run_quickly

    code = run_quickly(arguments[1:])
    return _run(arguments) if code is None else code


def _print_version() -> int:
    # Not `emit`: its module imports more than this needs.
    print(f"claude-top {__version__}")  # noqa: T201
    return EXIT_OK


def _run(arguments: Sequence[str]) -> int:
    from claude_tui.cli.commands import COMMANDS
    from claude_tui.cli.parser import parse

    request = parse(arguments)
    return EXIT_OK if request is None else COMMANDS[request.command](request)


def _guarded(command: Callable[[], int], arguments: Sequence[str]) -> int:
    """The exit code of `command`, whatever happens in it; never shows a traceback."""
    try:
        # Under an ASCII locale a glyph is written as an escape, which is better than failing.
        if sys.stdout is not None:
            sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        code = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        from claude_tui.cli.console import abandon_stdout

        abandon_stdout()
        return EXIT_BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 the outermost edge: whatever it is becomes a line and a report
        from claude_tui.cli.failure import explain

        return explain(error, arguments)
    return code


def _interrupted() -> int:
    import signal

    # A second ctrl+c while threads are ending kills the process at once instead of raising uncaught.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return EXIT_INTERRUPTED
