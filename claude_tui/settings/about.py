"""What a setting is: its meaning, its kind, where it may be set, and where a value came from."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING

from claude_tui.settings.kinds import Kind

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["About", "Declared", "Origin", "declared_in"]

PREFIX = "CLAUDE_TOP_"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `kind` is flag, environment, file or default."""

    kind: str = "default"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class About:
    """The description of a setting, besides its type and default."""

    doc: str
    """One sentence for the help, the manual and the starter file."""
    kind: Kind
    """How values are read and validated."""
    flag: str | None = None
    """The command-line flag; None if there is none."""
    metavar: str = ""
    """The placeholder for its value in the help."""
    variable: str | None = None
    """The environment variable, if it is not derived from the key."""
    also: tuple[str, ...] = ()
    """Variables of other programs that are read with lower priority."""
    in_words: str = ""
    """Describes a default that depends on the system."""
    section: str = ""
    """The title of the group of settings that begins here."""
    table: str = ""
    """The table of the settings file that it is in; its key there lacks this prefix."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting. `default` is None where it depends on the system."""

    key: str
    default: object
    about: About

    @property
    def name(self) -> str:
        """Its key in the settings file, without the table."""
        return self.key.removeprefix(f"{self.about.table}_") if self.about.table else self.key

    @property
    def path(self) -> str:
        """Its place in the settings file, such as `traffic.otlp`."""
        return f"{self.about.table}.{self.name}" if self.about.table else self.key

    @property
    def variables(self) -> tuple[str, ...]:
        """Its environment variables, the one with the highest priority first."""
        return (self.about.variable or f"{PREFIX}{self.key.upper()}", *self.about.also)


def declared_in(settings: type[DataclassInstance]) -> tuple[Declared, ...]:
    """The fields annotated with an About, in order. The annotations must have been evaluated."""
    return tuple(
        Declared(each.name, None if each.default is MISSING else each.default, about)
        for each in fields(settings)
        if (about := _about(each.type)) is not None
    )


def _about(annotation: object) -> About | None:
    return next((each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, About)), None)
