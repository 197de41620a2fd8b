from hashlib import blake2b
from itertools import pairwise

import polars as pl
import pytest

from cdrpipe.demo.draw import (
    QUANTILES,
    below,
    dealt,
    lengths_ms,
    log_normal_ms,
    shuffled,
    wheel,
    words,
    zipf_weights,
)


def rows(count: int, first: int = 0) -> pl.Series:
    return pl.int_range(first, first + count, dtype=pl.UInt64, eager=True)


def splitmix64(row: int, key: int) -> int:
    """The generator of Steele, Lea and Flood (2014), in plain integers."""
    mask = 2**64 - 1
    word = (row * 0x9E3779B97F4A7C15 + key) & mask
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & mask
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & mask
    return word ^ (word >> 31)


def test_words_are_splitmix64_of_the_row_number() -> None:
    key = int.from_bytes(blake2b(b"3/x", digest_size=8).digest(), "little")
    assert words(rows(50), seed=3, purpose="x").to_list() == [
        splitmix64(row, key) for row in range(50)
    ]


def test_a_row_draws_the_same_whatever_is_drawn_with_it() -> None:
    whole = words(rows(1000), seed=1, purpose="x")
    assert whole[700:800].to_list() == words(rows(100, 700), seed=1, purpose="x").to_list()


def test_purposes_and_seeds_draw_differently() -> None:
    drawn = [
        words(rows(100), seed=seed, purpose=purpose).to_list()
        for seed in (1, 2)
        for purpose in ("x", "y")
    ]
    assert len({word for column in drawn for word in column}) == 400


@pytest.mark.parametrize("bound", [1, 7, 2**31])
def test_below_stays_below_its_bound_and_reaches_all_of_it(bound: int) -> None:
    drawn = below(words(rows(20_000), seed=1, purpose="x"), bound)
    assert drawn.min() >= 0
    assert drawn.max() < bound
    if bound == 7:
        assert set(drawn) == set(range(7))
    # The mean of 20,000 even draws lies within 5 standard errors of the middle.
    assert abs(drawn.mean() - (bound - 1) / 2) <= 5 * bound / (12 * 20_000) ** 0.5


def test_below_refuses_a_bound_that_would_overflow() -> None:
    with pytest.raises(AssertionError):
        below(words(rows(1), seed=1, purpose="x"), 2**31 + 1)


@pytest.mark.parametrize("total", [1, 2, 7, 100, 999, 4096])
def test_shuffled_takes_every_place_once(total: int) -> None:
    places = shuffled(rows(total), total=total, seed=4, purpose="x")
    assert sorted(places) == list(range(total))


def test_shuffled_is_no_rotation() -> None:
    places = shuffled(rows(1000), total=1000, seed=4, purpose="x").to_list()
    steps = {(after - before) % 1000 for before, after in pairwise(places)}
    assert len(steps) > 50


def test_quotas_are_dealt_exactly() -> None:
    places = shuffled(rows(1000), total=1000, seed=4, purpose="x")
    index = dealt(places, [1, 0, 299, 700])
    assert [(index == who).sum() for who in range(4)] == [1, 0, 299, 700]


def test_a_wheel_gives_each_index_its_share_of_slots() -> None:
    slots = wheel([3, 0, 1], slots=400)
    assert [(slots == who).sum() for who in range(3)] == [300, 0, 100]


def test_zipf_weights_fall() -> None:
    weights = zipf_weights(100)
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 10 * weights[-1]


def test_log_normal_lengths_have_their_median_and_their_bound() -> None:
    quantiles = log_normal_ms(median_ms=60_000, sigma=1.0, at_most_ms=600_000)
    assert len(quantiles) == QUANTILES + 1
    drawn = lengths_ms(words(rows(20_000), seed=1, purpose="x"), quantiles)
    assert drawn.max() <= 600_000
    # Of a log-normal with sigma 1, 84.13 % lies below e times the median.
    assert (drawn < 60_000).mean() == pytest.approx(0.5, abs=0.02)
    assert (drawn < 163_097).mean() == pytest.approx(0.8413, abs=0.015)
    assert len(set(drawn % 1000)) > 900
