"""The settings, declared once: type, default, meaning, what is allowed, and where each may be set.

Annotations are read at run time here, hence no `from __future__ import annotations`.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from claude_tui.settings import kinds
from claude_tui.settings.kinds import Kind
from claude_tui.settings.places import Places

__all__ = ["DECLARED", "Declared", "Origin", "Settings"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `kind` is flag, environment, file or default."""

    kind: str = "default"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class About:
    """What there is to say of a setting beside its type and default.

    `variable` replaces the name derived from the key; `also` are weaker variables of others.
    `in_words` describes a default that depends on the system.
    """

    doc: str
    kind: Kind
    flag: str | None = None
    metavar: str = ""
    variable: str | None = None
    also: tuple[str, ...] = ()
    in_words: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting. `default` is None where it depends on the system; `variables` go strongest first."""

    key: str
    default: object
    about: About

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.about.variable or f"CLAUDE_TOP_{self.key.upper()}", *self.about.also)


def _seconds(low: float, high: float) -> Kind:
    return kinds.number(low, high, words="a number of seconds")


def _data_dir() -> Path:
    return Places.of_user().data_dir


def _no_keys() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


def _no_origins() -> Mapping[str, Origin]:
    return MappingProxyType({})


_FRACTION = kinds.number(0, 1, words="a fraction")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person may choose. The intervals have floors, so that a slip of the pen cannot hammer an API.

    `file` is the settings file, there or not; `warnings` are oddities worth a line that stop nothing.
    """

    name: Annotated[
        str,
        About(
            "What to call the target on screen, such as prod.",
            kinds.label(40, words="printable text of at most 40 characters", empty=True),
            flag="--name",
            metavar="NAME",
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
            "claude-haiku-4-5 while no list is known.",
            kinds.slug(r"[!-~]{1,200}", words="auto or a model id without spaces"),
            flag="--model",
            metavar="ID",
        ),
    ] = "auto"
    status_urls: Annotated[
        tuple[str, ...],
        About(
            "Status pages, tried in order: base URLs, or full ones that end in .json.",
            kinds.listed(kinds.status_url(), words='a list of URLs such as ["https://status.claude.com"]'),
            flag="--status-url",
            metavar="URL[,URL]",
            variable="CLAUDE_TOP_STATUS_URL",
        ),
    ] = ("https://status.claude.com", "https://status.anthropic.com", "https://anthropic.statuspage.io")
    status_components: Annotated[
        tuple[str, ...],
        About(
            "The components of the status page that you use; an incident of the others is not yours.",
            kinds.listed(
                kinds.label(100, words="a component's name"),
                words='a list of component names such as ["Claude API"]',
            ),
        ),
    ] = ("Claude API",)
    status_interval_s: Annotated[
        float, About("Seconds between two looks at the status page.", _seconds(15, _DAY_S))
    ] = 60.0
    models_interval_s: Annotated[
        float, About("Seconds between two lists of models, which are free.", _seconds(2, _DAY_S))
    ] = 15.0
    messages_interval_s: Annotated[
        float, About("Seconds between two messages, which cost a few tokens each.", _seconds(5, _DAY_S))
    ] = 30.0
    timeout_s: Annotated[
        float,
        About(
            "Seconds after which a message probe has timed out; the free probes wait 10 at most.",
            _seconds(1, 600),
        ),
    ] = 30.0
    max_tokens: Annotated[
        int, About("Tokens that a message probe may generate.", kinds.whole(1, 1000, words="a whole number"))
    ] = 8
    daily_ceiling_usd: Annotated[
        float,
        About(
            "What message probes may cost in a UTC day; then they stop. 0 sends none.",
            kinds.number(0, 10_000, words="dollars"),
        ),
    ] = 0.50
    headroom_low: Annotated[
        float, About("Remaining share of a limit at which its gauge warns.", _FRACTION)
    ] = 0.20
    headroom_critical: Annotated[
        float, About("Remaining share of a limit at which its gauge turns bad.", _FRACTION)
    ] = 0.05
    data_dir: Annotated[
        Path,
        About(
            "Where the history is kept.",
            kinds.path(),
            flag="--data-dir",
            metavar="DIR",
            in_words="the user's data directory",
        ),
    ] = field(default_factory=_data_dir)
    retention_days: Annotated[
        int, About("Days of history to keep.", kinds.whole(1, 3650, words="a whole number"))
    ] = 90
    theme: Annotated[
        str,
        About(
            "The colours: dark, light, high-contrast or another of the themes.",
            kinds.slug(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", words="a theme's name"),
            flag="--theme",
            metavar="THEME",
        ),
    ] = "dark"
    keys: Annotated[
        Mapping[str, tuple[str, ...]],
        About(
            "Other keys for actions; the help screen (?) names them.",
            kinds.keys(),
            in_words="the built-in keys",
        ),
    ] = field(default_factory=_no_keys)

    file: Path | None = None
    origins: Mapping[str, Origin] = field(default_factory=_no_origins, repr=False)
    warnings: tuple[str, ...] = ()

    def origin(self, key: str) -> Origin:
        """Where the value of the setting `key` came from."""
        return self.origins.get(key, Origin())

    @property
    def themes_dir(self) -> Path | None:
        """The person's own themes: `themes` beside the settings file."""
        return self.file.parent / "themes" if self.file is not None else None


def _declared(annotation: object) -> About | None:
    return next((each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, About)), None)


DECLARED = tuple(
    Declared(each.name, None if each.default is MISSING else each.default, about)
    for each in fields(Settings)
    if (about := _declared(each.type)) is not None
)
