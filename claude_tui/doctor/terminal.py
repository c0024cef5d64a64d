"""What the terminal can do, so far as that is known without querying it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from claude_tui.doctor.finding import Area, Condition, Finding

__all__ = ["Terminal", "examine_terminal", "tmux_option"]

_finding = partial(Finding, Area.TERMINAL)

# The smallest size with more than one line of verdict, and the size that the screens are designed for.
_LEAST, _GOOD = (60, 20), (120, 40)
_WAIT_S = 2.0
# Older versions of tmux write 1 for on; `all` is more than on.
_ON = ("on", "1", "all")
# Terminals that are known to ignore OSC 52.
_CANNOT_COPY = {"Apple_Terminal": "Terminal.app"}


@dataclass(frozen=True, slots=True)
class Terminal:
    """What this process knows about its terminal."""

    is_terminal: bool
    """Whether input and output are a terminal."""
    encoding: str
    """The encoding of the output."""
    columns: int
    """Its width in cells."""
    rows: int
    """Its height."""


def examine_terminal(
    terminal: Terminal, environ: Mapping[str, str], tmux: Callable[[str], str | None]
) -> Iterator[Finding]:
    """`tmux` gives the value of an option of tmux; None if it does not say."""
    term = environ.get("TERM", "")
    if not terminal.is_terminal:
        text = "input or output is not a terminal, so colours and size were not checked"
        yield _finding("terminal", Condition.NOTE, text, "run it where you run the dashboard")
    elif term in ("", "dumb"):
        text = f"TERM is {term or 'not set'}: the dashboard needs one that can move its cursor"
        yield _finding(
            "terminal", Condition.BAD, text, "export TERM=xterm-256color, or what your terminal is"
        )
    else:
        yield _colours(environ, term)
        yield _size(terminal)
        yield _copying(environ, term, tmux)
    yield _characters(terminal)


def _colours(environ: Mapping[str, str], term: str) -> Finding:
    if environ.get("NO_COLOR"):
        return _finding(
            "colours", Condition.NOTE, "none, as NO_COLOR is set; words and marks carry the meaning"
        )
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return _finding("colours", Condition.GOOD, "16 million (COLORTERM)")
    if "256color" in term or "direct" in term:
        return _finding(
            "colours",
            Condition.GOOD,
            f"256 (TERM is {term})",
            "if the terminal has true colour: export COLORTERM=truecolor; over SSH, SendEnv COLORTERM",
        )
    text = f"16 or fewer (TERM is {term})"
    return _finding("colours", Condition.WARNING, text, "if the terminal can: export TERM=xterm-256color")


def _size(terminal: Terminal) -> Finding:
    size = terminal.columns, terminal.rows
    text = f"{size[0]}x{size[1]}"
    if size[0] < _LEAST[0] or size[1] < _LEAST[1]:
        to_do = f"make it {_LEAST[0]}x{_LEAST[1]} or larger: below there is only the verdict"
        return _finding("size", Condition.WARNING, text, to_do)
    if size[0] < _GOOD[0] or size[1] < _GOOD[1]:
        return _finding("size", Condition.GOOD, text, f"{_GOOD[0]}x{_GOOD[1]} shows everything at once")
    return _finding("size", Condition.GOOD, text)


def _characters(terminal: Terminal) -> Finding:
    encoding = terminal.encoding.lower().replace("-", "").replace("_", "")
    if encoding == "utf8":
        return _finding("characters", Condition.GOOD, "UTF-8")
    text = f"{terminal.encoding or 'unknown'}, which has no block characters"
    return _finding("characters", Condition.WARNING, text, "export LC_ALL=C.UTF-8")


def _copying(environ: Mapping[str, str], term: str, tmux: Callable[[str], str | None]) -> Finding:
    """Copying uses OSC 52, to which terminals do not respond; only tmux in between can be queried."""
    if environ.get("TMUX"):
        return _copying_through_tmux(tmux)
    program = environ.get("TERM_PROGRAM", "")
    if program in _CANNOT_COPY:
        text = f"{_CANNOT_COPY[program]} does not take copied text (OSC 52)"
        return _finding("copying", Condition.WARNING, text, "use iTerm2, kitty, WezTerm or Ghostty for it")
    if term == "linux":
        return _finding("copying", Condition.WARNING, "the Linux console has no clipboard", "connect by SSH")
    text = "by OSC 52, if the terminal allows it; it does not say"
    return _finding("copying", Condition.NOTE, text, "press y in the dashboard and paste to see")


def _copying_through_tmux(tmux: Callable[[str], str | None]) -> Finding:
    """One option makes tmux accept the sequence, the other makes it forward the sequence."""
    options = {name: tmux(name) for name in ("set-clipboard", "allow-passthrough")}
    for name, value in options.items():
        if value in _ON:
            return _finding("copying", Condition.GOOD, f"tmux passes copied text on ({name} is on)")
    if options["set-clipboard"] is None:
        text = "inside tmux, which does not say whether it passes copied text on"
        return _finding("copying", Condition.NOTE, text, "tmux set -s set-clipboard on")
    text = f"tmux drops copied text (set-clipboard is {options['set-clipboard']})"
    return _finding(
        "copying", Condition.WARNING, text, "tmux set -s set-clipboard on; keep it in ~/.tmux.conf"
    )


def tmux_option(name: str) -> str | None:
    """The value of an option of the tmux that this runs in; None if it has none, or cannot be queried."""
    command: Sequence[str] = ("tmux", "display-message", "-p", f"#{{{name}}}")
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_WAIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
