"""Settings of incidents, alerts, keys and applications."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from claude_tui.model.limits import MAX_NAME
from claude_tui.settings import kinds
from claude_tui.settings.about import no_entries, setting, setting_from

__all__ = ["ResponseSettings"]


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class ResponseSettings:
    """Incidents, alerts, keys and the names of applications."""

    incident_after_s: float = setting(
        120.0,
        "Seconds for which the verdict must stay P1 or P2 before an incident is proposed.",
        kinds.seconds(0, kinds.DAY_S),
        section="Incidents",
    )
    auto_declare: bool = setting(
        False, "Whether a proposed incident is declared automatically.", kinds.truth()
    )
    draft_model: str = setting(
        "",
        "The model that drafts parts of a postmortem when somebody asks for that; empty for none.",
        kinds.label(200, expected="a model id, or nothing", empty=True),
        in_words="none",
    )
    draft_ceiling_usd: float = setting(
        0.20, "What one draft may cost at most.", kinds.number(0, 100, expected="dollars")
    )
    responder: str = setting(
        "",
        "Your name in acknowledgements, playbooks and the record.",
        kinds.label(MAX_NAME, expected=f"printable text of at most {MAX_NAME} characters", empty=True),
        in_words="the login name",
        section="Alerts and keys",
    )
    alert_rules: Path | None = setting(
        None,
        "A file of your own alert rules, which add to the built-in ones or change them; empty for none.",
        kinds.path(expected="the path of a file", empty=True),
    )
    keys: Mapping[str, tuple[str, ...]] = setting_from(
        no_entries,
        "Other keys for actions, by the names that the help screen (?) shows.",
        kinds.keys(),
        in_words="the built-in keys",
    )
    alerts: Mapping[str, object] = setting_from(
        no_entries,
        "Where alerts are sent, one [alerts.routes.NAME] per route, and how often they are repeated.",
        kinds.table(expected='a table such as { reminder = "2h" }'),
        in_words="on screen only",
    )
    applications: Mapping[str, tuple[str, ...]] = setting_from(
        no_entries,
        "What to call applications whose calls pass through `claude-top proxy`, by key or User-Agent.",
        kinds.applications(),
        in_words="by their User-Agent",
        section="Applications",
    )
    traffic_otlp: str = setting(
        "",
        "Where to receive OpenTelemetry data about your calls (OTLP over HTTP); empty to disable.",
        kinds.listen_address(),
        in_words="nowhere",
        table="traffic",
    )
    traffic_otlp_grpc: str = setting(
        "",
        "The same for OTLP over gRPC, which needs the extra `grpc`; empty to disable.",
        kinds.listen_address(),
        in_words="nowhere",
        table="traffic",
    )
