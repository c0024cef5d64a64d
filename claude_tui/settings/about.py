"""The description of a setting: its meaning, kind and sources, and the origin of a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from claude_tui.settings.kinds import Kind

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["About", "Declared", "Origin", "declared_in", "no_entries", "setting", "setting_from"]

T = TypeVar("T")

PREFIX = "CLAUDE_TOP_"
_ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `kind` is flag, environment, file or default."""

    kind: str = "default"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """One setting. `default` is None if it depends on the system."""

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


def setting(default: T, doc: str, kind: Kind, **details: Any) -> T:
    """A field of Settings. `details` are the other fields of About."""
    about = About(doc, kind, **details)
    declared: Any = field(default=default, metadata={_ABOUT: about})
    return declared  # type: ignore[no-any-return]


def setting_from(factory: Callable[[], T], doc: str, kind: Kind, **details: Any) -> T:
    """The same with a default that is a mapping, or depends on the system."""
    about = About(doc, kind, **details)
    declared: Any = field(default_factory=factory, metadata={_ABOUT: about}, repr=not kind.secret)
    return declared  # type: ignore[no-any-return]


def no_entries() -> Mapping[str, Any]:
    """An empty mapping, read-only: the default of every table."""
    return MappingProxyType({})


def declared_in(settings: type[DataclassInstance]) -> tuple[Declared, ...]:
    """The settings among the fields, in order."""
    return tuple(
        Declared(
            declared_field.name,
            None if declared_field.default is MISSING else declared_field.default,
            declared_field.metadata[_ABOUT],
        )
        for declared_field in fields(settings)
        if _ABOUT in declared_field.metadata
    )
