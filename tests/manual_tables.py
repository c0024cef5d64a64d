"""The generated parts of the manual: `python -m tests.manual_tables` writes them into its pages.

A part stands between `<!-- table: NAME -->` and `<!-- /table -->`. Where a table would not fit 80 columns it
is a list: the pages are read in terminals.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable, Collection, Mapping
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

from claude_tui import alerting, manual
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.analysis.options import Options
from claude_tui.check import exit_code
from claude_tui.cli import EXIT_BROKEN_PIPE, EXIT_INTERRUPTED
from claude_tui.cli.statusline.text import PARTS
from claude_tui.drills.points import WEIGHTS
from claude_tui.knowledge import Knowledge, KnownError, knowledge
from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.runbook import load as load_runbook
from claude_tui.runbook.figures import figures_of
from claude_tui.settings import DECLARED, Settings
from claude_tui.settings.about import PREFIX, Declared
from claude_tui.settings.file import toml_value
from claude_tui.simulator.scenario import drills as shipped_drills
from claude_tui.simulator.scenario import names
from claude_tui.tui.actions import ACTIONS, Group
from claude_tui.tui.keys import display

PAGES = Path(manual.__file__).parent
WIDTH = 80
_TABLE = re.compile(r"(?P<start><!-- table: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- /table -->\n)", re.DOTALL)


def with_tables(page: str) -> str:
    """The page with every generated part up to date. Raises KeyError for an unknown one."""
    return _TABLE.sub(lambda match: f"{match['start']}\n{TABLES[match['name']]()}\n{match['end']}", page)


def table_names(page: str) -> list[str]:
    return [match["name"] for match in _TABLE.finditer(page)]


def write_pages() -> None:
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(with_tables(path.read_text("utf-8")), "utf-8")


def _entry(text: str, *details: str) -> str:
    """One entry of a list, its details as a list below it."""
    lines = [_wrapped(text, "- ")]
    lines += [_wrapped(detail, "  - ") for detail in details]
    return "".join(lines)


def _wrapped(text: str, bullet: str) -> str:
    indent = " " * len(bullet)
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(text, WIDTH, initial_indent=bullet, subsequent_indent=indent, **options) + "\n"


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = [f"| {' | '.join(row)} |\n" for row in rows]
    return "".join([head, "|---" * len(rows[0]), "|\n", *body])


def _code(*names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)


# -- statusline --------------------------------------------------------------------------


def statusline() -> str:
    return _table(("part", "is"), *((f"`{{{name}}}`", meaning) for name, meaning in PARTS.items()))


# -- errors ------------------------------------------------------------------------------


def errors(table: Knowledge | None = None) -> str:
    by_outcome = groupby((table or knowledge()).errors, key=lambda row: row.outcome)
    return "\n".join(f"### {outcome.value}\n\n{''.join(map(_error, rows))}" for outcome, rows in by_outcome)


def _error(row: KnownError) -> str:
    marks = [f"`{mark}`" for mark in (row.status, row.type, row.code) if mark is not None]
    advice = row.advice
    stated = advice.retry is None or (not advice.retry.worthwhile and "do not retry" in advice.steps.lower())
    return _entry(
        f"{' '.join(marks) or 'any other'} ({advice.side.value}): {row.meaning}",
        f"Next: {advice.steps}",
        *([] if stated else [advice.retry.words]),
    )


def outcomes() -> str:
    return "- `ok`: the answer came, complete and valid.\n" + "".join(
        _entry(f"`{row.outcome.value}`: {row.meaning}") for row in knowledge().errors if row.general
    )


def causes() -> str:
    sides: dict[Cause, dict[Side, None]] = {cause: {} for cause in Cause}
    for advice in knowledge().advice.values():
        sides[advice.cause][advice.side] = None
    runbook = load_runbook()
    rows = [
        (f"`{cause}`", _code(*found), f"`{runbook.playbook_for(cause).id}`") for cause, found in sides.items()
    ]
    return _table(("cause", "side", "playbook"), *rows)


# -- settings ----------------------------------------------------------------------------


def settings() -> str:
    text = ""
    for declared in DECLARED:
        if title := declared.about.section:
            text += f"{text and chr(10)}### {title}\n\n"
        text += _setting(declared)
    return text


def _setting(declared: Declared) -> str:
    about = declared.about
    default = about.in_words or f"`{toml_value(declared.default)}`"
    others = [about.flag] if about.flag else []
    others += [name for name in declared.variables if name != f"{PREFIX}{declared.key.upper()}"]
    also = [f"Also: {_code(*others)}"] if others else []
    return _entry(
        f"`{declared.path}`: {about.doc}", f"Default: {default}", f"Expected: {about.kind.expected}", *also
    )


# -- keys --------------------------------------------------------------------------------


def keys() -> str:
    return "\n".join(f"### {group}\n\n{_keys_of(group)}" for group in Group)


def _keys_of(group: Group) -> str:
    rows = [
        (_code(*(display(key) for key in (*action.keys, *action.always))), action.help, f"`{action.id}`")
        for action in ACTIONS
        if action.group is group
    ]
    return _table(("key", "does", "name in `[keys]`"), *rows)


# -- alerts ------------------------------------------------------------------------------


def rules() -> str:
    shipped = tomllib.loads((Path(alerting.__file__).parent / "rules.toml").read_text("utf-8"))["rules"]
    text = ""
    for rule in load_rules(thresholds=named_thresholds(Settings())):
        threshold = shipped[rule.name]["threshold"]
        named = f" (setting `{threshold}`)" if isinstance(threshold, str) else ""
        screen = " On screen only." if rule.routes == ("screen",) else ""
        text += _entry(
            f"`{rule.name}`, {rule.severity.value}: {rule.summary}.{screen}", f"`{rule.condition}`{named}"
        )
    return text


# -- runbook and simulator -----------------------------------------------------------------


def playbooks() -> str:
    found = sorted(load_runbook().playbooks.values(), key=lambda playbook: playbook.id)
    return "".join(
        _entry(
            f"`{playbook.id}`: {playbook.title}.",
            *([f"Opened for {_code(*_in_order(playbook.causes))}"] if playbook.causes else []),
        )
        for playbook in found
    )


def _in_order(causes: Collection[Cause]) -> list[Cause]:
    return [cause for cause in Cause if cause in causes]


def scenarios() -> str:
    return "".join(_entry(f"`{name}`: {description}") for name, description in names())


# -- exit codes ----------------------------------------------------------------------------


def drills() -> str:
    return "".join(_entry(f"`{name}`: {description}") for name, description in shipped_drills())


def points() -> str:
    return _table(("what", "points"), *((name, str(points)) for name, points in WEIGHTS.items()))


def exit_codes() -> str:
    verdicts = [(Cause.HEALTHY, Severity.NONE), (Cause.UNKNOWN, Severity.NONE)]
    verdicts += [(Cause.PROVIDER_ERRORS, severity) for severity in Severity if severity.trouble]
    of_code: dict[int, list[str]] = {}
    for cause, severity in verdicts:
        word = severity.value if severity.trouble else cause.value
        code = exit_code(SimpleNamespace(cause=cause, severity=severity))
        of_code.setdefault(code, []).append(word)
    before, after = {1: "warning: ", 2: "critical: "}, {3: ", or a usage or configuration error"}
    rows = [
        (str(code), before.get(code, "") + " or ".join(words) + after.get(code, ""))
        for code, words in sorted(of_code.items())
    ]
    rows += [
        (str(EXIT_INTERRUPTED), "ended by ctrl+c"),
        (str(EXIT_BROKEN_PIPE), "the reader of the output went away"),
    ]
    return _table(("code", "means"), *rows)


def severities() -> str:
    figures = figures_of(Options())
    table = """\
| severity | when | respond |
|---|---|---|
| P1 | {most_fail} of messages or more fail | now |
| P2 | persistent 429s, p99 over {tail_s}, or {errors} errors or more | in {respond_p2_s} |
| P3 | occasional errors: {ratio_failures} or more in {rare_span_s} | in {respond_p3_s} |
| P4 | degraded without errors | next business day |

"""
    counted = (
        "A P1 is also when the last 3 messages failed, or 2 while the list of models fails too, whichever"
        " side is at fault. The share is counted over the last {severity_span_s}. A P1 lasts until answers"
        " come back: 3 in a row, or some while fewer than {most_fail_ends} of messages fail."
    )
    return table.format(**figures) + _entry(counted.format(**figures))


TABLES: Mapping[str, Callable[[], str]] = {
    "causes": causes,
    "drills": drills,
    "errors": errors,
    "exit-codes": exit_codes,
    "keys": keys,
    "outcomes": outcomes,
    "playbooks": playbooks,
    "points": points,
    "rules": rules,
    "scenarios": scenarios,
    "settings": settings,
    "severities": severities,
    "statusline": statusline,
}


if __name__ == "__main__":
    write_pages()
