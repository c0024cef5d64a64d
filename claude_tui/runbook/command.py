"""`claude-top runbook [--cause CAUSE]`: prints the runbook. Loads neither Textual nor the SDK."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from claude_tui.analysis.options import Options
from claude_tui.runbook.loading import load
from claude_tui.runbook.placeholders import Placeholders
from claude_tui.runbook.text import cause_text, facts_text, tree_text

__all__ = ["run"]

EXIT_OK = 0
_WIDEST = 100


def run(
    cause: str | None = None,
    *,
    files: Sequence[Path] = (),
    placeholders: Placeholders | None = None,
    options: Options | None = None,
    facts: bool = False,
    width: int | None = None,
) -> int:
    """Prints the tree, or with `cause` (a verdict's cause, or a playbook's name) its answers and playbook.

    `files` are the user's own (see `loading.user_files`); `facts` lists the facts they may refer to instead.
    `options` have the thresholds that texts name.
    Returns the exit code. Raises RunbookError for an invalid file or an unknown name.
    """
    placeholders, options = placeholders or Placeholders(), options or Options()
    width = width or min(shutil.get_terminal_size().columns, _WIDEST)
    if facts:  # works even with an invalid file, as it helps to fix one
        text = facts_text(width)
    elif cause is not None:
        text = cause_text(load(files, options), cause, placeholders, width)
    else:
        text = tree_text(load(files, options), placeholders, width)
    if sys.stdout is not None:  # closed by the calling program
        sys.stdout.write(text + "\n")
    return EXIT_OK
