"""What a message costs, from the price table in `prices.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from claude_tui.model.observation import Usage

__all__ = ["Price", "PriceTable", "PriceTableError", "cost_usd"]

_FIGURES = ("input", "output", "cache_write", "cache_read")
_MILLION = 1_000_000
# us.anthropic.claude-x, claude-x-20261001, claude-x@20261001, claude-x-v1:0, claude-x-latest, claude-x[1m]
_PREFIX = re.compile(r".*(?=claude-)", re.S)
_RELEASE = re.compile(r"([-@]20\d{6}|[-@]latest|-v\d+(:\d+)?|\[\w+\])+\Z")


class PriceTableError(ValueError):
    """A price table that cannot be used: names the file, the key, what was given and what is expected."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens of some models of one family."""

    family: str
    models: tuple[str, ...]
    input: float
    output: float
    cache_write: float
    cache_read: float
    long_prompt_tokens: int | None = None
    long_factor: float = 1.0

    def cost_usd(self, usage: Usage) -> float:
        prompt = usage.input_tokens + usage.cache_write_tokens + usage.cache_read_tokens
        is_long = self.long_prompt_tokens is not None and prompt > self.long_prompt_tokens
        dollars = (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_write_tokens * self.cache_write
            + usage.cache_read_tokens * self.cache_read
        )
        return dollars / _MILLION * (self.long_factor if is_long else 1.0)


@dataclass(frozen=True, slots=True)
class PriceTable:
    prices: tuple[Price, ...]

    @classmethod
    def parse(cls, text: str, origin: str) -> PriceTable:
        """Reads TOML. Raises PriceTableError, naming `origin`."""
        try:
            entries = tomllib.loads(text).get("price")
        except tomllib.TOMLDecodeError as error:
            raise PriceTableError(f"{origin}: not TOML: {error}") from error
        if not isinstance(entries, list) or not entries:
            raise PriceTableError(f"{origin}: price: expected at least one [[price]] table")
        return cls(
            tuple(_price(entry, f"{origin}: price {number}") for number, entry in enumerate(entries, 1))
        )

    def price_of(self, model: str | None) -> Price:
        """The entry that names the model; else the dearest of its family; else the dearest of all."""
        name = _RELEASE.sub("", _PREFIX.sub("", (model or "").strip().lower()))
        for price in self.prices:
            if any(fnmatchcase(name, pattern) for pattern in price.models):
                return price
        family = [price for price in self.prices if price.family in name]
        return max(family or self.prices, key=lambda price: (price.output, price.input))


def cost_usd(model: str | None, usage: Usage) -> float:
    """What `usage` costs in US dollars, by the shipped table; an estimate, rather too high than too low."""
    return _shipped().price_of(model).cost_usd(usage)


@cache
def _shipped() -> PriceTable:
    file = resources.files("claude_tui.probes") / "prices.toml"
    return PriceTable.parse(file.read_text(encoding="utf-8"), file.name)


def _price(entry: Mapping[str, object], where: str) -> Price:
    family, models = entry.get("family"), entry.get("models")
    if not isinstance(family, str) or not family:
        raise PriceTableError(f"{where}: family: expected a name, got {family!r}")
    if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
        raise PriceTableError(f"{where}: models: expected a list of names, got {models!r}")
    limit = entry.get("long_prompt_tokens")
    if limit is not None and (not isinstance(limit, int) or limit <= 0):
        raise PriceTableError(f"{where}: long_prompt_tokens: expected a whole number above 0, got {limit!r}")
    figures = {key: _dollars(entry.get(key), f"{where}: {key}") for key in _FIGURES}
    factor = _dollars(entry.get("long_factor", 1.0), f"{where}: long_factor")
    return Price(family, tuple(models), **figures, long_prompt_tokens=limit, long_factor=factor)


def _dollars(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000_000:
        raise PriceTableError(f"{where}: expected a number from 0, got {value!r}")
    return float(value)
