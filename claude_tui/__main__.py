"""The process: what `claude-top` and `python -m claude_tui` run."""

import atexit
import os
import sys

from claude_tui.cli import main


def run() -> None:
    """Run the command of this process, and end the process with its exit code."""
    code: int | None = None
    # Registered before all others, it runs after them.
    atexit.register(lambda: _end_beside_threads(code))
    code = main()
    sys.exit(code)


def _end_beside_threads(code: int | None) -> None:
    """Ends the process here if threads are left, which may still read certificates or wait for the network.

    The exit handlers of libraries would free what those use: one of OpenSSL's made a crash of it.
    """
    threading = sys.modules.get("threading")
    if code is None or threading is None or threading.active_count() == 1:
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue
    os._exit(code)


if __name__ == "__main__":
    run()
