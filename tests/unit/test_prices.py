"""What messages cost: the table of late 2026, and never too little for a model it does not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Usage
from claude_tui.model.traffic import Tokens
from claude_tui.probes.prices import PriceTable, PriceTableError, call_cost_usd, cost_usd

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "prices"),
    [
        ("claude-fable-5-2", (8, 40, 10, 0.20)),
        ("claude-opus-5-5", (4, 20, 5, 0.20)),
        ("claude-opus-5", (5, 25, 6.25, 0.50)),
        ("claude-opus-4-5-20251101", (5, 25, 6.25, 0.50)),
        ("claude-sonnet-5-5", (2, 10, 2.5, 0.10)),
        ("claude-sonnet-5", (2, 10, 2.5, 0.20)),
        ("claude-sonnet-4-6", (3, 15, 3.75, 0.30)),
        ("claude-sonnet-4-20250514", (3, 15, 3.75, 0.30)),
        ("claude-haiku-4-5-20251001", (1, 5, 1.25, 0.10)),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", (1, 5, 1.25, 0.10)),
        ("anthropic/claude-haiku-4-5@20251001", (1, 5, 1.25, 0.10)),
        ("claude-haiku-9", (1, 5, 1.25, 0.10)),
        ("claude-opus-9-20300101", (5, 25, 6.25, 0.50)),
        ("the-fast-one", (8, 40, 10, 0.20)),
        ("", (8, 40, 10, 0.20)),
        (None, (8, 40, 10, 0.20)),
    ],
)
def test_each_kind_of_token_has_its_price(model: str | None, prices: tuple[float, ...]) -> None:
    kinds = [
        Usage(input_tokens=MILLION),
        Usage(output_tokens=MILLION),
        Usage(cache_write_tokens=MILLION),
        Usage(cache_read_tokens=MILLION),
    ]
    assert [cost_usd(model, usage) for usage in kinds] == pytest.approx(prices)


def test_a_long_prompt_of_the_newest_haiku_costs_five_times_as_much() -> None:
    short = cost_usd(
        "claude-haiku-5-5", Usage(input_tokens=60_000, cache_read_tokens=40_000, output_tokens=10)
    )
    assert short == pytest.approx((60_000 * 0.10 + 40_000 * 0.01 + 10 * 0.50) / MILLION)
    long = cost_usd(
        "claude-haiku-5-5", Usage(input_tokens=60_001, cache_read_tokens=40_000, output_tokens=10)
    )
    assert long == pytest.approx(5 * (60_001 * 0.10 + 40_000 * 0.01 + 10 * 0.50) / MILLION)


def test_a_probe_costs_next_to_nothing() -> None:
    assert cost_usd("claude-haiku-5-5", Usage(input_tokens=20, output_tokens=8)) == pytest.approx(6e-6)
    assert cost_usd("claude-haiku-5-5", Usage()) == 0.0


@given(st.text())
def test_every_name_has_a_price(model: str) -> None:
    assert cost_usd(model, Usage(output_tokens=1)) > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "price"),
        ("price = [", "TOML"),
        ("[[price]]\nmodels = ['x']", "price[1].family"),
        ("[[price]]\nfamily = 'x'\nmodels = [1]", "price[1].models"),
        (
            "[[price]]\nfamily = 'x'\nmodels = ['x']\ninput = '1'",
            'price[1].input: got "1", expected a number',
        ),
        ("[[price]]\nfamily = 'x'\nmodels = ['x']\nlong_prompt_tokens = 0", "long_prompt_tokens"),
        ("[tiers]\nbatch = 'half'", 'tiers.batch: got "half", expected a number'),
        ("[[price]]\nfamily = 'x'\nmodels = ['x']\ncache_write = 1", "cache_write_1h"),
    ],
)
def test_a_faulty_table_is_named_with_file_and_key(text: str, words: str) -> None:
    with pytest.raises(PriceTableError, match=r"mine\.toml") as error:
        PriceTable.parse(text, "mine.toml")
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("model", "input_usd"),
    [("claude-opus-5-5", 4.0), ("claude-sonnet-4-6", 3.0), ("claude-haiku-4-5-20251001", 1.0)],
)
def test_a_cache_write_for_an_hour_costs_twice_the_input(model: str, input_usd: float) -> None:
    assert call_cost_usd(model, Tokens(cache_write_1h=MILLION)) == pytest.approx(2 * input_usd)
    assert call_cost_usd(model, Tokens(cache_write_5m=MILLION)) == pytest.approx(1.25 * input_usd)


def test_a_call_costs_what_a_probe_with_the_same_tokens_costs() -> None:
    usage = Usage(input_tokens=70_000, output_tokens=9, cache_write_tokens=40_000, cache_read_tokens=5)
    tokens = Tokens(input=70_000, output=9, cache_write_5m=40_000, cache_read=5)
    assert call_cost_usd("claude-haiku-5-5", tokens) == pytest.approx(cost_usd("claude-haiku-5-5", usage))


def test_a_batch_costs_half() -> None:
    tokens = Tokens(input=1000, output=1000)
    full = call_cost_usd("claude-opus-5-5", tokens, "standard")
    assert full == call_cost_usd("claude-opus-5-5", tokens)
    assert full is not None
    assert call_cost_usd("claude-opus-5-5", tokens, "batch") == pytest.approx(full / 2)


@pytest.mark.parametrize(
    ("model", "tier"),
    [("claude-opus-9", None), ("the-fast-one", None), (None, None), ("claude-opus-5-5", "priority")],
)
def test_what_no_entry_names_has_no_price(model: str | None, tier: str | None) -> None:
    assert call_cost_usd(model, Tokens(input=1), tier) is None
