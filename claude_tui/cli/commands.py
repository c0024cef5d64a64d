"""What each command does: load the settings it needs, import its package, run it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, hint, redactor, say, show_progress
from claude_tui.cli.failure import write_report
from claude_tui.cli.usage import UsageError
from claude_tui.model.paths import is_missing
from claude_tui.settings import Places, SettingsError, config_file, create_file, load

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.engine.record_export import Span
    from claude_tui.settings import Settings
    from claude_tui.store import Store

__all__ = ["COMMANDS"]

EXIT_OK = 0


def _settings(request: Request) -> Settings:
    settings = load(request.flags, os.environ, config=request.config)
    for warning in settings.warnings:
        say(warning)
    return settings


def _dashboard(request: Request) -> int:
    settings = _settings(request)
    _require_terminal(os.environ)
    # Nearly all the time before the first frame is imports, which leave no garbage: collection would take a
    # tenth of it. The App enables collection again after its first frame.
    gc.disable()
    _check_for_screen(settings)
    from claude_tui.tui.run import run_dashboard, run_demo

    def report(error: Exception) -> Path | None:
        return write_report(error, request.arguments)

    _log(settings, "dashboard", screen=True)
    if request.options.demo is None:
        _check_alerts(settings)
        return run_dashboard(settings, os.environ, report, read_only=request.options.read_only)
    return run_demo(settings, request.options.demo, request.options.demo_speed or 1.0, report)


def _log(settings: Settings, command: str, *, screen: bool) -> None:
    from claude_tui.cli.logs import log_to_file

    log_to_file(settings, command, redactor(), screen=screen)


def _require_terminal(environ: Mapping[str, str]) -> None:
    """Raises UsageError without a terminal for output and keys, or a browser in its place."""
    from claude_tui.tui.served import is_served

    if is_served(environ):
        return
    instead = "without one, `claude-top check` prints the verdict as text"
    for stream, words in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if stream is None or stream.closed or not stream.isatty():
            raise UsageError(f"the dashboard needs a terminal, and standard {words} is not one; {instead}")
    if environ.get("TERM") == "dumb":
        raise UsageError(f"the dashboard needs a terminal that can move its cursor (TERM is dumb); {instead}")


def _check_for_screen(settings: Settings) -> None:
    """Checks keys and the theme's name, which only the screens know. Raises SettingsError.

    What is wrong inside a theme file keeps nobody from the dashboard, which says it.
    """
    from claude_tui.tui.actions import key_problems
    from claude_tui.tui.render.theme_files import ThemeError, theme_path

    problems = key_problems(settings.keys, str(settings.origin("keys")))
    try:
        theme_path(settings.theme, settings.themes_dir)
    except ThemeError as error:
        problems += [problem.of(str(settings.origin("theme"))) for problem in error.problems]
    if problems:
        raise SettingsError(problems)


def _check_alerts(settings: Settings) -> None:
    """Checks the user's own rules and routes, if any. Raises AlertsConfigError.

    Importing takes 8 ms and reading 4 ms, which is short enough to do before the first frame.
    """
    if settings.alert_rules is not None or settings.alerts:
        from claude_tui.alerting.config import alerting_of

        alerting_of(settings, os.environ)


def _agent(request: Request) -> int:
    settings = _settings(request)
    _check_alerts(settings)
    from claude_tui.engine import agent, compose
    from claude_tui.engine.agent_log import log_to
    from claude_tui.engine.one_heap import share_one_heap

    # Before its threads start.
    share_one_heap()
    path = Path(request.options.log_file) if request.options.log_file else None
    try:
        log = log_to(path)
    except OSError as error:
        raise UsageError(f"--log-file {path}: {error.strerror or error}; name a file to write") from error
    _log(settings, "agent", screen=False)
    return agent.run(compose.live(settings, os.environ, screen=False), log)


def _check(request: Request) -> int:
    options = request.options
    if options.schema:
        return _print_schema(request)
    settings = _settings(request)
    from claude_tui.check import run

    return run(settings, os.environ, json=options.json, samples=options.samples, timeout_s=options.timeout)


def _print_schema(request: Request) -> int:
    options = request.options
    if options.samples is not None or options.timeout is not None or request.flags or request.config:
        raise UsageError("`check --schema` probes nothing and reads no settings: leave out the other options")
    from claude_tui.check import schema_text

    emit(schema_text())
    return EXIT_OK


def _runbook(request: Request) -> int:
    settings = _settings(request)
    from claude_tui.engine import Pace, options_from
    from claude_tui.probes.credentials import Credentials
    from claude_tui.runbook import Placeholders, user_files
    from claude_tui.runbook.command import run

    placeholders = Placeholders(
        base_url=settings.base_url,
        model=None if settings.model == "auto" else settings.model,
        status_urls=settings.status_urls,
        by_token=Credentials.from_environ(os.environ).auth_token is not None,
    )
    options = request.options
    return run(
        options.cause,
        files=user_files(settings.runbook_dir),
        placeholders=placeholders,
        options=options_from(settings, Pace.of(settings)),
        facts=options.facts,
    )


def _manual(request: Request) -> int:
    from claude_tui.cli.manual import run

    return run(request.options.topic, man=request.options.man)


def _completion(request: Request) -> int:
    from claude_tui.cli.completion import run
    from claude_tui.cli.parser import grammar

    return run(request.options.shell, grammar())


def _doctor(request: Request) -> int:
    from claude_tui.cli.doctor import run

    return run(request)


def _statusline(request: Request) -> int:
    from claude_tui.cli.statusline import run

    return run(request)


def _alerts_test(request: Request) -> int:
    settings = _settings(request)
    from claude_tui.alerting.attach import attach_words
    from claude_tui.alerting.command import try_routes
    from claude_tui.alerting.config import alerting_of
    from claude_tui.alerting.manager import target_text
    from claude_tui.engine import host_name, target_of
    from claude_tui.probes.credentials import Credentials

    _, alerts = alerting_of(settings, os.environ)
    credentials = Credentials.from_environ(os.environ, base_url=settings.base_url)
    target = target_of(settings, credentials)
    return try_routes(
        alerts,
        request.options.route,
        target=target_text(target),
        now=lambda: datetime.now(UTC),
        emit=emit,
        secrets=credentials.secrets,
        narrate=say,
        dashboard=attach_words(host_name(), settings.data_dir, target.base_url, target.host),
    )


def _alerts_list(request: Request) -> int:
    from claude_tui.alerting.command import list_lines, metric_lines

    if request.options.metrics:
        emit("\n".join(metric_lines()))
        return EXIT_OK
    settings = _settings(request)
    from claude_tui.alerting.config import alerting_of

    rules, alerts = alerting_of(settings, os.environ)
    emit("\n".join(list_lines(rules, alerts, _kept_alerts(settings), at=datetime.now(UTC))))
    return EXIT_OK


def _kept_alerts(settings: Settings) -> bytes | None:
    """The alert state saved by whoever collects for this target. Looking for it writes nothing."""
    from claude_tui.engine.paging import StoreBackend
    from claude_tui.probes.credentials import Credentials

    credentials = Credentials.from_environ(os.environ, base_url=settings.base_url)
    with _history(settings, read_only=True) as store:
        return StoreBackend(store, credentials.base_url, _now).load() if store is not None else None


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _history(settings: Settings, *, create: bool = False, read_only: bool = False) -> Iterator[Store | None]:
    """The store of this target; None where there is none and none is to be made.

    Raises StoreError for what is no store, or that of a later version, and with `read_only` for one that
    cannot be read.
    """
    from claude_tui.engine import store_name
    from claude_tui.probes.credentials import Credentials
    from claude_tui.store import Store, is_there

    credentials = Credentials.from_environ(os.environ, base_url=settings.base_url)
    name = store_name(credentials)
    if not is_there(settings.data_dir / name) and not create:
        yield None
        return
    _require_known(settings.data_dir, name)
    # What is wrong with a store that is only read ends the command, and is said once.
    on_problem = _say_nothing if read_only else _say_problem
    store = Store.open(settings.data_dir, name, now=_now(), on_problem=on_problem, read_only=read_only)
    try:
        try:
            yield store
        finally:
            # It answered like an empty one, and whatever was made of that is wrong.
            if read_only and store.unreadable is not None:
                raise store.unreadable from None
        if read_only:
            _say_problem(store.problem)
    finally:
        store.close()


def _require_known(directory: Path, name: str) -> None:
    """Raises NewerStoreError for a store that this version must leave alone."""
    from claude_tui.store import Store

    store = Store.open(directory, name, now=_now(), read_only=True)
    try:
        store.data_version()
        if store.refusal is not None:
            raise store.refusal
    finally:
        store.close()


def _say_nothing(_: str | None) -> None: ...


def _say_problem(problem: str | None) -> None:
    if problem is not None:
        say(problem)


def _drill(request: Request) -> int:
    from claude_tui.cli.drill import run

    def ready(settings: Settings) -> None:
        _require_terminal(os.environ)
        gc.disable()
        _check_for_screen(settings)
        _log(settings, "drill", screen=True)

    return run(request, _settings(request), ready)


def _incidents(request: Request) -> int:
    if request.options.schema:
        if request.options.action:
            raise UsageError("`incidents --schema` prints the schema and nothing else: leave out the action")
        from claude_tui.incident import schema_text

        emit(schema_text())
        return EXIT_OK
    settings = _settings(request)
    from claude_tui.engine.incident_command import list_of

    with _history(settings, read_only=True) as store:
        found = list_of(store, datetime.now(UTC)) if store is not None else ""
    if found:
        emit(found)
    else:
        say("no incident has been declared on this target")
    return EXIT_OK


def _incidents_show(request: Request) -> int:
    settings = _settings(request)
    from claude_tui.engine import Pace, options_from
    from claude_tui.engine.incident_command import NoSuchIncidentError, shown

    with _history(settings, read_only=True) as store:
        if store is None:
            raise NoSuchIncidentError("no incident has been declared on this target")
        options = options_from(settings, Pace.of(settings))
        emit(shown(store, request.options.incident, options, datetime.now(UTC)))
    return EXIT_OK


def _incidents_export(request: Request) -> int:
    settings, options = _settings(request), request.options
    from claude_tui.engine import Pace, options_from
    from claude_tui.engine.incident_command import NoSuchIncidentError, export_text, write_export

    path = Path(options.output).expanduser() if options.output else None
    form = options.format or ("json" if path is not None and path.suffix == ".json" else "md")
    with _history(settings, read_only=True) as store:
        if store is None:
            raise NoSuchIncidentError("no incident has been declared on this target")
        text = export_text(
            store,
            options.incident,
            options_from(settings, Pace.of(settings)),
            datetime.now(UTC),
            form=form,
            target=settings.base_url,
        )
    if path is None:
        emit(text.rstrip("\n"))
    else:
        write_export(path, text, force=options.force)
        say(f"written to {path}")
    return EXIT_OK


def _incidents_import(request: Request) -> int:
    settings = _settings(request)
    from claude_tui.engine.incident_command import import_file

    with _history(settings, create=True) as store:
        assert store is not None
        new, total = import_file(store, Path(request.options.file).expanduser())
    say(f"{new} of {total} entries were new" if new else f"nothing new: all {total} entries are here")
    return EXIT_OK


def _postmortem(request: Request) -> int:
    from claude_tui.cli.postmortem import run

    return run(request, lambda: _settings(request), _history)


def _uptime(request: Request) -> int:
    if request.options.schema:
        from claude_tui.report import uptime_schema

        return _print_only(request, uptime_schema())
    settings = _settings(request)
    from claude_tui.report import uptime

    options = request.options
    return uptime(settings, os.environ, since=options.since, json=options.json, now=datetime.now(UTC))


def _report(request: Request) -> int:
    if request.options.schema:
        from claude_tui.report import report_schema

        return _print_only(request, report_schema())
    settings = _settings(request)
    from claude_tui.report import report

    options = request.options
    return report(
        settings,
        os.environ,
        since=options.since,
        form=options.form,
        file=Path(options.file) if options.file is not None else None,
        force=options.force,
        now=datetime.now(UTC),
    )


def _proxy(request: Request) -> int:
    from claude_tui.cli.proxy import run

    settings = _settings(request)
    if not request.options.fingerprint:
        _log(settings, "proxy", screen=False)
    return run(request, settings)


def _serve(request: Request) -> int:
    settings = _settings(request)
    # What would stop every session is said once, here.
    _check_for_screen(settings)
    _check_alerts(settings)
    _log(settings, "serve", screen=False)
    from claude_tui.cli.serve import run

    return run(request)


def _traffic(request: Request) -> int:
    options = request.options
    if options.schema:
        from claude_tui.report.traffic import schema_text

        emit(schema_text())
        return EXIT_OK
    settings = _settings(request)
    from claude_tui.analysis.traffic.figures import By
    from claude_tui.report.traffic import traffic

    return traffic(
        settings,
        os.environ,
        since=options.since,
        by=By(options.by),
        as_json=options.json,
        now=datetime.now(UTC),
        say=_say_problem,
    )


def _simulate(request: Request) -> int:
    from claude_tui.simulator.command import run

    options = request.options
    if options.load is None:
        if request.flags or request.config:
            raise UsageError("`simulate` records nothing without --load: leave out the settings")
        return run(options.scenario, options.port, options.speed, list_only=options.list)
    if options.list:
        raise UsageError("`simulate --list` plays nothing: leave out --load")
    settings = _settings(request)
    from claude_tui.engine.invented import recorded_traffic

    company = recorded_traffic(settings, options.load, say)
    return run(options.scenario, options.port, options.speed, company=company)


def _print_only(request: Request, schema: str) -> int:
    """Prints a schema. Raises UsageError for options that mean nothing to that."""
    if request.flags or request.config:
        raise UsageError(f"`{request.command} --schema` reads no settings: leave out the other options")
    emit(schema)
    return EXIT_OK


def _record(request: Request) -> int:
    if not request.options.schema:
        raise UsageError("nothing to do: `claude-top record export`, or --schema")
    from claude_tui.engine.recording import schema_text

    return _print_only(request, schema_text())


def _record_export(request: Request) -> int:
    settings, options, now = _settings(request), request.options, datetime.now(UTC)
    from claude_tui.engine.record_command import MARGIN, export_recording, instant_of
    from claude_tui.engine.record_export import Span
    from claude_tui.engine.replay import incident_named, span_of_incident

    if options.incident is not None and options.until is not None:
        raise UsageError("--incident has an end of its own: leave out --until")

    def span_of(store: Store) -> Span:
        if options.incident is not None:
            incident = incident_named(store, options.incident)
            return Span(*span_of_incident(incident, now, MARGIN), incident.label)
        since = instant_of(options.since, "--since", now)
        until = now if options.until is None else instant_of(options.until, "--until", now)
        if until <= since:
            raise UsageError("--until is not after --since")
        return Span(since, min(until, now))

    written = export_recording(
        settings,
        os.environ,
        Path(options.file),
        span_of,
        now=now,
        force=options.force,
        say=_say_problem,
        progress=show_progress("writing"),
    )
    say(written)
    return EXIT_OK


def _replay(request: Request) -> int:
    settings = _settings(request)
    _require_terminal(os.environ)
    _check_for_screen(settings)
    _log(settings, "replay", screen=True)
    from claude_tui.tui.run import run_replay

    def report(error: Exception) -> Path | None:
        return write_report(error, request.arguments)

    options = request.options
    return run_replay(
        settings,
        os.environ,
        options.recording,
        options.speed,
        report,
        now=datetime.now(UTC),
        say=_say_problem,
        progress=show_progress("reading"),
    )


def _config_path(request: Request) -> int:
    path, _ = config_file(request.config, os.environ, Places.of_user())
    emit(str(path))
    if is_missing(path):
        hint("There is no such file yet; claude-top config init creates one.")
    return EXIT_OK


def _config_show(request: Request) -> int:
    settings = _settings(request)
    _check_for_screen(settings)
    from claude_tui.alerting.config import alerting_of, shown_lines
    from claude_tui.probes.credentials import Credentials
    from claude_tui.settings.describe import shown

    _, alerts = alerting_of(settings, os.environ)
    emit(shown(settings, redactor(), shown_lines(settings, alerts, os.environ)))
    emit("# from the environment, as the SDK reads them; never shown")
    for variable in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        emit(f"# {variable}: {'set' if os.environ.get(variable) else 'not set'}")
    if problem := Credentials.from_environ(os.environ, base_url=settings.base_url).problem:
        emit(f"# problem: {problem}")
    return EXIT_OK


def _config_init(request: Request) -> int:
    from claude_tui.settings.describe import starter_text

    path, _ = config_file(request.config, os.environ, Places.of_user())
    create_file(path, starter_text())
    emit(str(path))
    return EXIT_OK


COMMANDS: dict[str, Callable[[Request], int]] = {
    "dashboard": _dashboard,
    "agent": _agent,
    "check": _check,
    "runbook": _runbook,
    "manual": _manual,
    "completion": _completion,
    "doctor": _doctor,
    "statusline": _statusline,
    "alerts test": _alerts_test,
    "alerts list": _alerts_list,
    "drill": _drill,
    "drill list": _drill,
    "drill scores": _drill,
    "incidents": _incidents,
    "incidents list": _incidents,
    "incidents show": _incidents_show,
    "incidents export": _incidents_export,
    "incidents import": _incidents_import,
    **dict.fromkeys(
        (
            "postmortem",
            *(f"postmortem {action}" for action in ("list", "show", "new", "edit", "export", "lint")),
        ),
        _postmortem,
    ),
    "uptime": _uptime,
    "report": _report,
    "proxy": _proxy,
    "traffic": _traffic,
    "serve": _serve,
    "simulate": _simulate,
    "record": _record,
    "record export": _record_export,
    "replay": _replay,
    "config path": _config_path,
    "config show": _config_show,
    "config init": _config_init,
}
