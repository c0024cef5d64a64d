"""The settings, declared once: type, default, meaning, valid values, and where each may be set.

Annotations are evaluated at run time here, hence no `from __future__ import annotations`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from claude_tui.analysis.options import Options
from claude_tui.model.arrangement import HIDEABLE, Preset
from claude_tui.model.limits import MAX_NAME
from claude_tui.settings import kinds
from claude_tui.settings.about import About, Origin, declared_in
from claude_tui.settings.kinds import Kind
from claude_tui.settings.places import APP, Places

__all__ = ["DECLARED", "Settings"]


def _seconds(low: float, high: float) -> Kind:
    return kinds.number(low, high, words="a number of seconds")


def _fraction(low: float = 0.0) -> Kind:
    return kinds.number(low, 1, words="a fraction")


def _multiple() -> Kind:
    return kinds.number(1.1, 100, words="a multiple")


def _failures() -> Kind:
    """At least 2: a single failed probe is never an incident."""
    return kinds.whole(2, 50, words="a whole number")


def _data_dir() -> Path:
    return Places.of_user().data_dir


def _no_keys() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


def _no_alerts() -> Mapping[str, object]:
    return MappingProxyType({})


def _no_origins() -> Mapping[str, Origin]:
    return MappingProxyType({})


_DAY_S = 86_400
_OPTIONS = Options()
_THRESHOLDS = _OPTIONS.thresholds
_CONFIRMATION = _OPTIONS.confirmation


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force. Intervals have a minimum, so that a typo cannot hammer an API."""

    name: Annotated[
        str,
        About(
            "What to call the target on screen, such as prod.",
            kinds.label(40, words="printable text of at most 40 characters", empty=True),
            flag="--name",
            metavar="NAME",
            section="What is watched",
        ),
    ] = ""
    base_url: Annotated[
        str,
        About(
            "The API to watch: the real one, a gateway, or a simulator.",
            kinds.base_url(),
            flag="--base-url",
            metavar="URL",
            also=("ANTHROPIC_BASE_URL",),
        ),
    ] = "https://api.anthropic.com"
    model: Annotated[
        str,
        About(
            "The model of the message probes; auto is the newest active haiku that the endpoint lists, "
            "claude-haiku-5-5 while no list is known.",
            kinds.slug(r"[!-~]{1,200}", words="auto or a model id without spaces"),
            flag="--model",
            metavar="ID",
        ),
    ] = "auto"
    also_models: Annotated[
        tuple[str, ...],
        About(
            "Further models to probe, to see trouble with one of them: ids, or opus, sonnet and haiku for "
            "the newest active one. Each is sent a paid message every also_models_interval_s.",
            kinds.listed(
                kinds.slug(r"[!-~]{1,200}", words="a family or a model id without spaces"),
                words='a list of models such as ["opus", "sonnet"]',
                empty=True,
            ),
        ),
    ] = ()
    status_urls: Annotated[
        tuple[str, ...],
        About(
            "Status pages, tried in order: base URLs, or full URLs that end in .json.",
            kinds.listed(kinds.status_url(), words='a list of URLs such as ["https://status.claude.com"]'),
            flag="--status-url",
            metavar="URL[,URL]",
            variable="CLAUDE_TOP_STATUS_URL",
        ),
    ] = ("https://status.claude.com", "https://status.anthropic.com", "https://anthropic.statuspage.io")
    status_components: Annotated[
        tuple[str, ...],
        About(
            "The components of the status page that you use; incidents of others are ignored.",
            kinds.listed(
                kinds.label(100, words="a component name"),
                words='a list of component names such as ["Claude API"]',
            ),
        ),
    ] = ("Claude API",)
    status_interval_s: Annotated[
        float, About("Seconds between two reads of the status page.", _seconds(15, _DAY_S), section="Probes")
    ] = 60.0
    models_interval_s: Annotated[
        float,
        About("Seconds between two requests for the list of models, which are free.", _seconds(2, _DAY_S)),
    ] = 15.0
    messages_interval_s: Annotated[
        float, About("Seconds between two message probes, which cost a few tokens each.", _seconds(5, _DAY_S))
    ] = 30.0
    also_models_interval_s: Annotated[
        float, About("Seconds between two messages to each of the further models.", _seconds(30, _DAY_S))
    ] = 120.0
    confirm_messages: Annotated[
        int,
        About(
            "Messages that follow a first failure at once, unless it is a 429 or 529; with 0, none "
            "follows the first message after a start either.",
            kinds.whole(0, 10, words="a whole number"),
        ),
    ] = _CONFIRMATION.messages
    confirm_gap_s: Annotated[float, About("Seconds between these messages.", _seconds(1, 60))] = (
        _CONFIRMATION.gap_s
    )
    open_interval_s: Annotated[
        float,
        About(
            "Seconds between message probes while it is unclear how much fails, for at most twice as many.",
            _seconds(5, _DAY_S),
        ),
    ] = _CONFIRMATION.open_s
    timeout_s: Annotated[
        float,
        About(
            "Seconds after which a message probe times out; the free probes wait at most 10.",
            _seconds(1, 600),
        ),
    ] = 30.0
    max_tokens: Annotated[
        int,
        About(
            "The most tokens that a message probe may generate.", kinds.whole(1, 1000, words="a whole number")
        ),
    ] = 8
    daily_ceiling_usd: Annotated[
        float,
        About(
            "Dollars that message probes and drafts may cost per UTC day; then they stop. 0 sends none.",
            kinds.number(0, 10_000, words="dollars"),
        ),
    ] = 0.50
    headroom_low: Annotated[
        float,
        About(
            "Remaining share of a limit at which its gauge warns.",
            _fraction(),
            section="Headroom and latency",
        ),
    ] = _OPTIONS.headroom_low
    headroom_critical: Annotated[
        float, About("Remaining share of a limit at which its gauge is critical.", _fraction())
    ] = _OPTIONS.headroom_critical
    ttft_slow_s: Annotated[
        float,
        About("Time to first token, in seconds, that counts as slow unless it is usual.", _seconds(0.1, 600)),
    ] = _OPTIONS.ttft_slow_s
    message_slow_s: Annotated[
        float,
        About(
            "Time of a whole probe message, in seconds, that counts as slow unless it is usual.",
            _seconds(0.1, 600),
        ),
    ] = _OPTIONS.message_slow_s
    warn_ratio: Annotated[
        float, About("A latency of this many times the usual is shown as a warning.", _multiple())
    ] = _OPTIONS.warn_ratio
    bad_ratio: Annotated[
        float,
        About("A first token or a new connection that takes this many times the usual is slow.", _multiple()),
    ] = _OPTIONS.bad_ratio
    most_fail: Annotated[
        float,
        About(
            "P1: at least this share of the messages of the last severity_span_s fails.",
            _fraction(0.05),
            section="Verdict and severity",
        ),
    ] = _THRESHOLDS.most_fail
    most_fail_ends: Annotated[
        float, About("A P1 lasts until less than this share of them fails.", _fraction(0.05))
    ] = _THRESHOLDS.most_fail_ends
    severity_span_s: Annotated[
        float, About("Seconds over which the share for a P1 is measured.", _seconds(60, 900))
    ] = _THRESHOLDS.severity_span_s
    errors: Annotated[
        float, About("P2: at least this share of the messages fails; less is P3.", _fraction(0.001))
    ] = _THRESHOLDS.errors
    ratio_failures: Annotated[
        int, About("With fewer failures no share is judged; this many scattered ones are P3.", _failures())
    ] = _THRESHOLDS.ratio_failures
    tail_s: Annotated[
        float,
        About(
            "P2: more than 1% of the messages, and at least 3, take longer than this, in seconds.",
            _seconds(0.5, 600),
        ),
    ] = _THRESHOLDS.tail_s
    rare_failures: Annotated[
        int, About("This many scattered failures within rare_span_s are intermittent errors.", _failures())
    ] = _THRESHOLDS.rare_failures
    rare_span_s: Annotated[
        float,
        About(
            "Seconds over which the intermittent errors of all API probes are counted.", _seconds(900, 21_600)
        ),
    ] = _THRESHOLDS.rare_span_s
    truncated_bad: Annotated[
        float,
        About(
            "Truncated streams are P4 below this share of the messages, and count as errors from it on.",
            _fraction(),
        ),
    ] = _THRESHOLDS.truncated_bad
    respond_p2_s: Annotated[
        float, About("Response target of a P2, in seconds; a P1 needs a response now.", _seconds(60, _DAY_S))
    ] = _THRESHOLDS.respond_p2_s
    respond_p3_s: Annotated[
        float, About("Response target of a P3, in seconds.", _seconds(60, 7 * _DAY_S))
    ] = _THRESHOLDS.respond_p3_s
    business_hour: Annotated[
        int,
        About(
            "Hour at which the next business day begins, the response target of a P4.",
            kinds.whole(0, 23, words="a whole number"),
        ),
    ] = _THRESHOLDS.business_hour
    time_zone: Annotated[
        str,
        About(
            "Time zone of business_hour and working_days, such as Europe/Berlin.",
            kinds.time_zone(),
            in_words="that of the machine",
        ),
    ] = ""
    working_days: Annotated[
        tuple[str, ...],
        About(
            "The days of the week that are business days.",
            kinds.listed(kinds.weekday(), words='a list of days such as ["mon", "tue", "wed"]'),
        ),
    ] = _THRESHOLDS.working_days
    data_dir: Annotated[
        Path,
        About(
            "Where the history is kept.",
            kinds.path(words="a directory"),
            flag="--data-dir",
            metavar="DIR",
            in_words="the user's data directory",
            section="History and screen",
        ),
    ] = field(default_factory=_data_dir)
    retention_days: Annotated[
        int, About("Days of history to keep.", kinds.whole(1, 3650, words="a whole number"))
    ] = 90
    theme: Annotated[
        str,
        About(
            "The colour theme: dark, light, high-contrast, ansi, mono or another.",
            kinds.slug(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", words="a theme name"),
            flag="--theme",
            metavar="THEME",
        ),
    ] = "dark"
    symbols: Annotated[
        str,
        About(
            "What to draw with: braille, block or ascii. `auto` decides by locale and terminal.",
            kinds.slug("auto|braille|block|ascii", words="auto, braille, block or ascii"),
            flag="--symbols",
            metavar="SET",
        ),
    ] = "auto"
    layout: Annotated[
        str,
        About(
            "How the dashboard is arranged: triage, traffic (your own calls large) or quiet.",
            kinds.one_of(Preset, words="one of these"),
            flag="--layout",
            metavar="NAME",
        ),
    ] = Preset.TRIAGE.value
    hidden_panels: Annotated[
        tuple[str, ...],
        About(
            "Panels that the dashboard does not show; V changes it on screen.",
            kinds.listed(
                kinds.one_of(HIDEABLE, words="a panel"),
                words='a list of panels such as ["status", "latency"]',
                empty=True,
            ),
        ),
    ] = ()
    mouse: Annotated[
        bool,
        About(
            "Whether panels, rows and keys can be clicked; false leaves the mouse to the terminal, to select "
            "text with it.",
            kinds.truth(),
            flag="--no-mouse",
        ),
    ] = True
    log_level: Annotated[
        str,
        About(
            "What is logged: off, error, warning, info (failures of probes, verdicts, pages) or debug (all).",
            kinds.slug(r"off|error|warning|info|debug", words="off, error, warning, info or debug"),
            flag="--log-level",
            metavar="LEVEL",
            section="The program's log",
        ),
    ] = "info"
    log_file: Annotated[
        Path | None,
        About(
            "The log of everything but single commands such as `check`; empty for the system's place.",
            kinds.path(words="the path of a file", empty=True),
            in_words="the system's place for logs",
        ),
    ] = None
    log_size_kb: Annotated[
        int,
        About(
            "Kilobytes after which a new log file is started; the three before it are kept.",
            kinds.whole(16, 1_000_000, words="a whole number"),
        ),
    ] = 1_000
    incident_after_s: Annotated[
        float,
        About(
            "Seconds for which the verdict must stay P1 or P2 before an incident is proposed.",
            _seconds(0, _DAY_S),
            section="Incidents",
        ),
    ] = 120.0
    auto_declare: Annotated[
        bool, About("Whether a proposed incident is declared automatically.", kinds.truth())
    ] = False
    draft_model: Annotated[
        str,
        About(
            "The model that drafts parts of a postmortem when somebody asks for that; empty for none.",
            kinds.label(200, words="a model id, or nothing", empty=True),
            in_words="none",
        ),
    ] = ""
    draft_ceiling_usd: Annotated[
        float, About("What one draft may cost at most.", kinds.number(0, 100, words="dollars"))
    ] = 0.20
    rely_on_traffic: Annotated[
        bool,
        About(
            "true sends no paid probe while 20 of your calls of the probed model a minute are answered.",
            kinds.truth(),
            section="Own traffic",
        ),
    ] = False
    traffic_overloaded: Annotated[
        float,
        About("Share of 529s, 5xx and cut streams among your calls that counts as a problem.", _fraction()),
    ] = 0.02
    traffic_refused: Annotated[
        float,
        About(
            "Share of refusals (400, 401, 403, 413, 429) among your calls that counts as a problem.",
            _fraction(),
        ),
    ] = 0.05
    traffic_attempts_per_call: Annotated[
        float, About("Attempts per call above which retries raise an alert.", _multiple())
    ] = 1.5
    traffic_cost_ratio: Annotated[
        float,
        About(
            "Cost per 1,000 calls and prompt tokens per call at this multiple of other days raise an alert.",
            _multiple(),
        ),
    ] = 3.0
    traffic_truncated: Annotated[
        float,
        About(
            "This much larger a share of responses cut by max_tokens than usual raises an alert.", _fraction()
        ),
    ] = 0.10
    traffic_cache_ratio: Annotated[
        float,
        About(
            "The prompt cache’s share falling below this part of the usual one raises an alert.", _fraction()
        ),
    ] = 0.5
    traffic_budget_warn: Annotated[
        float, About("Share of traffic_daily_budget_usd that warns.", _fraction())
    ] = 0.8
    traffic_daily_budget_usd: Annotated[
        float,
        About(
            "Dollars that your calls may cost per UTC day before an alert; stops nothing. 0 for none.",
            kinds.number(0, 10_000_000, words="dollars"),
        ),
    ] = 0.0
    responder: Annotated[
        str,
        About(
            "Your name in acknowledgements, playbooks and the record.",
            kinds.label(MAX_NAME, words=f"printable text of at most {MAX_NAME} characters", empty=True),
            in_words="the login name",
            section="Alerts and keys",
        ),
    ] = ""
    alert_rules: Annotated[
        Path | None,
        About(
            "A file of your own alert rules, which add to the built-in ones or change them; empty for none.",
            kinds.path(words="the path of a file", empty=True),
        ),
    ] = None
    keys: Annotated[
        Mapping[str, tuple[str, ...]],
        About(
            "Other keys for actions, by the names that the help screen (?) shows.",
            kinds.keys(),
            in_words="the built-in keys",
        ),
    ] = field(default_factory=_no_keys)
    alerts: Annotated[
        Mapping[str, object],
        About(
            "Where alerts are sent, one [alerts.routes.NAME] per route, and how often they are repeated.",
            kinds.table(words='a table such as { reminder = "2h" }'),
            in_words="on screen only",
        ),
    ] = field(default_factory=_no_alerts, repr=False)
    applications: Annotated[
        Mapping[str, tuple[str, ...]],
        About(
            "What to call applications whose calls pass through `claude-top proxy`, by key or User-Agent.",
            kinds.applications(),
            in_words="by their User-Agent",
            section="Applications",
        ),
    ] = field(default_factory=_no_keys)
    traffic_otlp: Annotated[
        str,
        About(
            "Where to receive OpenTelemetry data about your calls (OTLP over HTTP); empty to disable.",
            kinds.listen_address(),
            in_words="nowhere",
            table="traffic",
        ),
    ] = ""
    traffic_otlp_grpc: Annotated[
        str,
        About(
            "The same for OTLP over gRPC, which needs the extra `grpc`; empty to disable.",
            kinds.listen_address(),
            in_words="nowhere",
            table="traffic",
        ),
    ] = ""

    file: Path | None = None
    """The settings file, which may not exist; None if no file was considered."""
    origins: Mapping[str, Origin] = field(default_factory=_no_origins, repr=False)
    """Where each value came from, by key; keys with a default are missing."""
    warnings: tuple[str, ...] = ()
    """Oddities that are worth a line but stop nothing."""

    def origin(self, key: str) -> Origin:
        """Where the value of the setting `key` came from."""
        return self.origins.get(key, Origin())

    @property
    def log_path(self) -> Path:
        """The file that is logged to."""
        if self.log_file is not None:
            return self.log_file
        from platformdirs import user_log_path

        return user_log_path(APP, appauthor=False) / "claude-top.log"

    @property
    def themes_dir(self) -> Path | None:
        """The user's own themes: `themes` beside the settings file."""
        return self.file.parent / "themes" if self.file is not None else None

    @property
    def runbook_dir(self) -> Path | None:
        """The user's own runbook files: `runbook` beside the settings file."""
        return self.file.parent / "runbook" if self.file is not None else None


DECLARED = declared_in(Settings)
