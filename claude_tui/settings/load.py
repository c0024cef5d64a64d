"""Settings from their four layers: flag, then environment, then file, then default."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from claude_tui.model.errors import Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.paths import is_missing
from claude_tui.model.secret_variables import SERVE_TOKEN
from claude_tui.model.text import Redactor
from claude_tui.model.toml_table import Table
from claude_tui.model.toml_text import shown, toml_line
from claude_tui.settings.about import PREFIX, Declared, Origin
from claude_tui.settings.declared import DECLARED, Settings
from claude_tui.settings.file import SettingsError, read_file
from claude_tui.settings.kinds import WrongValueError, masked_urls
from claude_tui.settings.places import Places

__all__ = ["CONFIG_FLAG", "CONFIG_VARIABLE", "config_file", "load"]

CONFIG_FLAG = "--config"
CONFIG_VARIABLE = "CLAUDE_TOP_CONFIG"
_NOT_SHOWN = "something else (not shown: it may be a secret)"


def config_file(flag: str | None, environ: Mapping[str, str], places: Places) -> tuple[Path, Origin]:
    """The path of the settings file, which may not exist, and where it was set."""
    if flag is not None:
        chosen, origin = flag, Origin("flag", CONFIG_FLAG)
    elif environ.get(CONFIG_VARIABLE):
        chosen, origin = environ[CONFIG_VARIABLE], Origin("environment", CONFIG_VARIABLE)
    else:
        return places.config_file, Origin()
    if not chosen or "\0" in chosen:
        expected = "the path of a settings file"
        raise SettingsError([Problem(str(origin), "", shown(chosen), expected)])
    try:
        return Path(chosen).expanduser().absolute(), origin
    except RuntimeError as error:
        raise SettingsError.of(f"{origin}: {chosen}", str(error)) from error


def load(
    flags: Mapping[str, str],
    environ: Mapping[str, str],
    *,
    config: str | None = None,
    places: Places | None = None,
) -> Settings:
    """The settings in force. `flags` maps a setting's key to its text; `config` is the --config flag.

    An empty variable counts as not set. Raises SettingsError naming every problem found.
    """
    places = places or Places.of_user()
    path, origin = config_file(config, environ, places)
    missing = Problem(f"{origin}: {path}", "", "no such file (`claude-top config init` creates one)")
    if origin.kind == "flag" and is_missing(path):
        raise SettingsError([missing])
    settings = _Layers(flags, environ, path, places).settings()
    if origin.kind == "environment" and is_missing(path):
        # The variable may be set for a whole fleet before the file exists, and that must not block incident
        # response.
        return replace(settings, warnings=(f"{missing}; defaults are used", *settings.warnings))
    return settings


class _Layers:
    """One reading of all layers, which collects all problems instead of stopping at the first."""

    def __init__(
        self, flags: Mapping[str, str], environ: Mapping[str, str], path: Path, places: Places
    ) -> None:
        self._flags = flags
        self._environ = environ
        self._path = path
        self._places = places
        self._table = read_file(path)
        self._problems: list[Problem] = []
        keys = (environ.get("ANTHROPIC_API_KEY", ""), environ.get("ANTHROPIC_AUTH_TOKEN", ""))
        self._redactor = Redactor(keys)

    def settings(self) -> Settings:
        self._check_keys()
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for declared in DECLARED:
            # Every layer is read, even if a stronger one wins, so that its mistakes are reported.
            for origin, value in self._given(declared):
                values[declared.key] = self._resolved(value, origin)
                origins[declared.key] = origin
        if "data_dir" not in values and not self._places.data_dir.is_absolute():
            reason = "no home directory is known: set a directory with --data-dir or CLAUDE_TOP_DATA_DIR"
            self._problems.append(Problem("", "", reason))
        self._raise_problems()
        settings = Settings(
            **{"data_dir": self._places.data_dir, **values},
            file=self._path,
            origins=MappingProxyType(origins),
            warnings=tuple(self._unknown_variables(_named_in(values.get("alerts", {})))),
        )
        self._problems += _contradictions(settings)
        self._raise_problems()
        return settings

    def _raise_problems(self) -> None:
        if self._problems:
            raise SettingsError(self._problems)

    def _given(self, declared: Declared) -> Iterator[tuple[Origin, Any]]:
        """The values given for a setting, lowest priority first."""
        table = self._table.get(declared.about.table) if declared.about.table else self._table
        if isinstance(table, dict) and declared.name in table:
            origin = Origin("file", f"{self._path}:{declared.path}")
            yield from self._read(declared, origin, table[declared.name])
        for variable in reversed(declared.variables):
            if text := self._environ.get(variable):
                yield from self._read(
                    declared, Origin("environment", variable), declared.about.kind.parse(text)
                )
        if declared.key in self._flags:
            parsed = declared.about.kind.parse(self._flags[declared.key])
            yield from self._read(declared, Origin("flag", declared.about.flag or declared.key), parsed)

    def _read(self, declared: Declared, origin: Origin, value: object) -> Iterator[tuple[Origin, Any]]:
        try:
            yield origin, declared.about.kind.read(value)
        except WrongValueError as wrong:
            kind = declared.about.kind
            given = _NOT_SHOWN if kind.secret else self._shown(wrong.given)
            self._problems.append(Problem(f"{origin}{wrong.part}", "", given, kind.expected))

    def _shown(self, value: object) -> str:
        return self._redactor.clean(masked_urls(toml_line(value)), 100)

    def _resolved(self, value: Any, origin: Origin) -> Any:
        """A path made absolute: from the file's directory if set there, else from the working directory."""
        if not isinstance(value, Path):
            return value
        return (self._path.parent / value if origin.kind == "file" else value).absolute()

    def _check_keys(self) -> None:
        table = Table(
            self._table, f"file {self._path}", error=SettingsError, problems=self._problems, show=self._shown
        )
        for declared in DECLARED:
            if not declared.about.table:
                table.has(declared.key)
        for name in {setting.about.table: None for setting in DECLARED if setting.about.table}:
            if table.has(name):
                inner = table.table(name)
                for declared in DECLARED:
                    if declared.about.table == name:
                        inner.has(declared.name)
                inner.done()
        table.done()

    def _unknown_variables(self, own: Collection[str]) -> Iterator[str]:
        """Warnings about variables with our prefix that are not settings.

        `own` are names that routes refer to.
        """
        known = [variable for declared in DECLARED for variable in declared.variables] + [
            CONFIG_VARIABLE,
            SERVE_TOKEN,
        ]
        for name in sorted(self._environ):
            if name.startswith(PREFIX) and name not in known and name not in own:
                where, near = f"environment {self._redactor.clean(name, 100)}", nearest(name, known)
                yield str(Problem(where, "", "unknown variable, ignored", nearest=near))


def _named_in(alerts: Mapping[str, object]) -> set[str]:
    """The variables that routes name."""
    routes = alerts.get("routes")
    tables = (
        [route for route in routes.values() if isinstance(route, dict)] if isinstance(routes, dict) else []
    )
    return {str(value) for table in tables for key, value in table.items() if key.endswith("_env")}


# In each pair, the first value may not exceed the second.
_IN_ORDER = (
    ("headroom_critical", "headroom_low"),
    ("message_slow_s", "tail_s"),
    ("warn_ratio", "bad_ratio"),
    ("most_fail_ends", "most_fail"),
    ("errors", "most_fail"),
    ("respond_p2_s", "respond_p3_s"),
)


def _contradictions(settings: Settings) -> Iterator[Problem]:
    """Values that are valid individually but not together."""
    for lower, upper in _IN_ORDER:
        low, high = getattr(settings, lower), getattr(settings, upper)
        if low > high:
            where = settings.origins.get(lower) or settings.origin(upper)
            reason = f"{lower} is {low:g}, expected at most {upper}, which is {high:g}"
            yield Problem(str(where), "", reason)
