"""The cost of a message, from the price table in `prices.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources

from claude_tui.model.errors import ConfigError
from claude_tui.model.observation import Usage
from claude_tui.model.toml_table import Table
from claude_tui.model.traffic import Tokens

__all__ = ["Price", "PriceTable", "PriceTableError", "call_cost_usd", "cost_usd"]

_MILLION = 1_000_000
# us.anthropic.claude-x, claude-x-20261001, claude-x@20261001, claude-x-v1:0, claude-x-latest, claude-x[1m]
_PREFIX = re.compile(r".*(?=claude-)", re.S)
_RELEASE = re.compile(r"([-@]20\d{6}|[-@]latest|-v\d+(:\d+)?|\[\w+\])+\Z")


class PriceTableError(ConfigError):
    """A price table is invalid."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens of some models of one family."""

    family: str
    """The model family, such as `haiku`."""
    models: tuple[str, ...]
    """Patterns of model names, with `*` as a wildcard."""
    input: float
    """Uncached prompt tokens."""
    output: float
    """Generated tokens."""
    cache_write: float
    """Prompt tokens written to the cache for five minutes."""
    cache_write_1h: float
    """Prompt tokens written to the cache for an hour."""
    cache_read: float
    """Prompt tokens read from the cache."""
    long_prompt_tokens: int | None = None
    """Prompts longer than this cost more; None if length does not matter."""
    long_factor: float = 1.0
    """The factor of every price for such prompts."""

    def cost_usd(self, usage: Usage) -> float:
        return self.tokens_cost_usd(
            Tokens(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
        )

    def tokens_cost_usd(self, tokens: Tokens) -> float:
        """The same, with the cache writes of an hour counted separately."""
        is_long = self.long_prompt_tokens is not None and tokens.prompt > self.long_prompt_tokens
        dollars = (
            tokens.input * self.input
            + tokens.output * self.output
            + tokens.cache_write_5m * self.cache_write
            + tokens.cache_write_1h * self.cache_write_1h
            + tokens.cache_read * self.cache_read
        )
        return dollars / _MILLION * (self.long_factor if is_long else 1.0)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All prices. The first entry that matches a model applies."""

    prices: tuple[Price, ...]
    tiers: Mapping[str, float] = field(default_factory=dict)
    """The factor of each service tier."""

    @classmethod
    def parse(cls, text: str, origin: str) -> PriceTable:
        """Reads TOML. Raises PriceTableError, naming `origin`."""
        top = Table.of_text(text, origin, PriceTableError)
        prices = tuple(_price(table) for table in top.tables("price"))
        if not prices and top.sound("price"):
            top.wrong("price", "nothing", "at least one table headed [[price]]")
        tiers = _tiers(top.table("tiers"))
        top.done()
        top.check()
        return cls(prices, tiers)

    def price_of(self, model: str | None) -> Price:
        """The entry that names the model; otherwise the most expensive of its family, or of all."""
        if (named := self.named(model)) is not None:
            return named
        name = _plain(model)
        family = [price for price in self.prices if price.family in name]
        return max(family or self.prices, key=lambda price: (price.output, price.input))

    def named(self, model: str | None) -> Price | None:
        """The entry that names the model; None if none does."""
        name = _plain(model)
        return next(
            (price for price in self.prices if any(fnmatchcase(name, pattern) for pattern in price.models)),
            None,
        )

    def call_cost_usd(self, model: str | None, tokens: Tokens, service_tier: str | None) -> float | None:
        """The cost of a call; None if model or tier has no price."""
        return self._cost_of_call(self.named(model), tokens, service_tier)

    def _cost_of_call(self, price: Price | None, tokens: Tokens, service_tier: str | None) -> float | None:
        factor = self.tiers.get(service_tier or "standard")
        return None if price is None or factor is None else price.tokens_cost_usd(tokens) * factor


def call_cost_usd(model: str | None, tokens: Tokens, service_tier: str | None = None) -> float | None:
    """The cost of a call of own traffic in US dollars, by the shipped table; None if it has no price."""
    return _shipped()._cost_of_call(_shipped_price(model), tokens, service_tier)


@lru_cache(maxsize=256)
def _shipped_price(model: str | None) -> Price | None:
    return _shipped().named(model)


def cost_usd(model: str | None, usage: Usage) -> float:
    """The cost of `usage` in US dollars, by the shipped table; estimated rather too high than too low."""
    return _shipped().price_of(model).cost_usd(usage)


@cache
def _shipped() -> PriceTable:
    file = resources.files("claude_tui.probes") / "prices.toml"
    return PriceTable.parse(file.read_text(encoding="utf-8"), file.name)


def _price(table: Table) -> Price:
    long = "long_prompt_tokens"
    price = Price(
        family=table.line("family"),
        models=table.strings("models", None, expected="a list of model names, with * as a wildcard"),
        input=_dollars(table, "input"),
        output=_dollars(table, "output"),
        cache_write=_dollars(table, "cache_write"),
        cache_write_1h=_dollars(table, "cache_write_1h"),
        cache_read=_dollars(table, "cache_read"),
        long_prompt_tokens=table.whole(long, at_least=1) if table.has(long) else None,
        long_factor=table.number("long_factor", 1.0, at_least=0, at_most=1_000_000),
    )
    table.done()
    return price


def _tiers(table: Table) -> dict[str, float]:
    found = {name: table.number(name, at_least=0, at_most=1000) for name in table.data}
    table.done()
    return found


@lru_cache(maxsize=256)
def _plain(model: str | None) -> str:
    """The name of a model without provider, release and version."""
    return _RELEASE.sub("", _PREFIX.sub("", (model or "").strip().lower()))


def _dollars(table: Table, key: str) -> float:
    return table.number(key, at_least=0, at_most=1_000_000)
