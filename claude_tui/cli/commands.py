"""The module of each command, imported when the command is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["COMMANDS"]


def _dashboard(request: Request) -> int:
    from claude_tui.cli.dashboard import run

    return run(request)


def _agent(request: Request) -> int:
    from claude_tui.cli.agent import run

    return run(request)


def _check(request: Request) -> int:
    from claude_tui.cli.check import run

    return run(request)


def _runbook(request: Request) -> int:
    from claude_tui.cli.runbook import run

    return run(request)


def _doctor(request: Request) -> int:
    from claude_tui.cli.doctor import run

    return run(request)


def _statusline(request: Request) -> int:
    from claude_tui.cli.statusline import run

    return run(request)


def _alerts(request: Request) -> int:
    from claude_tui.cli.alerts import run

    return run(request)


def _drill(request: Request) -> int:
    from claude_tui.cli.drill import run

    return run(request)


def _incidents(request: Request) -> int:
    from claude_tui.cli.incidents import run

    return run(request)


def _postmortem(request: Request) -> int:
    from claude_tui.cli.postmortem import run

    return run(request)


def _reports(request: Request) -> int:
    from claude_tui.cli.reports import run

    return run(request)


def _proxy(request: Request) -> int:
    from claude_tui.cli.proxy import run

    return run(request)


def _serve(request: Request) -> int:
    from claude_tui.cli.serve import run

    return run(request)


def _simulate(request: Request) -> int:
    from claude_tui.cli.simulate import run

    return run(request)


def _record(request: Request) -> int:
    from claude_tui.cli.record import run

    return run(request)


def _replay(request: Request) -> int:
    from claude_tui.cli.replay import run

    return run(request)


def _config(request: Request) -> int:
    from claude_tui.cli.config import run

    return run(request)


def _manual(request: Request) -> int:
    from claude_tui.cli.manual import run

    return run(request.options.topic, man=request.options.man)


def _completion(request: Request) -> int:
    from claude_tui.cli.completion import run
    from claude_tui.cli.parser import grammar

    return run(request.options.shell, grammar())


COMMANDS: dict[str, Callable[[Request], int]] = {
    "dashboard": _dashboard,
    "agent": _agent,
    "check": _check,
    "runbook": _runbook,
    "manual": _manual,
    "completion": _completion,
    "doctor": _doctor,
    "statusline": _statusline,
    "alerts test": _alerts,
    "alerts list": _alerts,
    "drill": _drill,
    "drill list": _drill,
    "drill scores": _drill,
    "incidents": _incidents,
    "incidents list": _incidents,
    "incidents show": _incidents,
    "incidents export": _incidents,
    "incidents import": _incidents,
    **dict.fromkeys(
        (
            "postmortem",
            *(f"postmortem {action}" for action in ("list", "show", "new", "edit", "export", "lint")),
        ),
        _postmortem,
    ),
    "uptime": _reports,
    "report": _reports,
    "proxy": _proxy,
    "traffic": _reports,
    "serve": _serve,
    "simulate": _simulate,
    "record": _record,
    "record export": _record,
    "replay": _replay,
    "config path": _config,
    "config show": _config,
    "config init": _config,
}
