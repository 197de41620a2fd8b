"""Draws that depend on a seed, a purpose and a row's number, and on nothing else.

There is no generator with a state: row 7,000,000 draws the same whether the rows before it were
made or not. So a stream is the same however it is cut, and can be made piece by piece. All
arithmetic is on integers: the same on every machine.
"""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, pairwise
from math import exp, gcd
from statistics import NormalDist

import polars as pl

# Row numbers times an odd factor below them stay within 63 bits.
ROWS_MAX = 2**31

# With fewer rounds neighbours stay visibly together; more cost time and show nothing.
SHUFFLE_ROUNDS = 6

QUANTILES = 4096


def words(row: pl.Series, *, seed: int, purpose: str) -> pl.Series:
    """Draw 64 random bits for each row (splitmix64 of the row's number).

    Parameters
    ----------
    row
        (n,) uint64 row numbers.
    purpose
        Names the draw; two purposes are independent of each other.

    Returns
    -------
    (n,) uint64, never null.
    """
    return _mix(row * _word(0x9E3779B97F4A7C15) + _word(_key(seed, purpose)))


def below(word: pl.Series, bound: int | pl.Series) -> pl.Series:
    """Scale random words to integers in [0, bound); bound at most 2^31.

    Returns
    -------
    (n,) int64.
    """
    # Else the product leaves 63 bits.
    assert isinstance(bound, pl.Series) or 0 < bound <= 2**31
    upper = (word // _word(1 << 32)).cast(pl.Int64)
    return upper * bound // (1 << 32)


def shuffled(row: pl.Series, *, total: int, seed: int, purpose: str) -> pl.Series:
    """Give each row its place in a random order of all rows.

    Who deals out quotas by place deals them out exactly: each place in [0, total) is taken once.

    Parameters
    ----------
    row
        (n,) uint64 row numbers below ``total``.

    Notes
    -----
    A linear step, then swap-or-not rounds (Hoang, Morris, Rogaway: An Enciphering Scheme Based on
    a Card Shuffle, 2012), in which a row changes places with its mirror image or stays.
    """
    assert 0 < total <= ROWS_MAX
    factor = _coprime_near(total * 618 // 1000, total)
    place = (row * _word(factor) + _word(_key(seed, purpose) % total)) % _word(total)
    for shuffle_round in range(SHUFFLE_ROUNDS):
        key = _key(seed, f"{purpose}/{shuffle_round}")
        partner = (_word(key % total + total) - place) % _word(total)
        larger = pl.select(pl.max_horizontal(place, partner)).to_series()
        swaps = _mix(larger + _word(key)) // _word(1 << 63) == 1
        place = partner.zip_with(swaps, place)
    return place


def dealt(place: pl.Series, quotas: Sequence[int]) -> pl.Series:
    """Tell whose quota each place falls in.

    Parameters
    ----------
    place
        (n,) places in [0, sum of the quotas).
    quotas
        (k,) how many places each index gets, in order.

    Returns
    -------
    (n,) uint32 index into ``quotas``.
    """
    return pl.Series(list(accumulate(quotas)), dtype=pl.UInt64).search_sorted(place, side="right")


def wheel(weights: Sequence[int], *, slots: int) -> pl.Series:
    """Lay out indices on a wheel of slots, each with as many as its weight deserves.

    A draw is then one gather: ``wheel.gather(below(word, slots))``.

    Parameters
    ----------
    weights
        (k,) not negative, not all zero.

    Returns
    -------
    (slots,) uint32 index into ``weights``.
    """
    total = sum(weights)
    borders = [slots * reached // total for reached in accumulate(weights, initial=0)]
    counts = [until - first for first, until in pairwise(borders)]
    return dealt(pl.int_range(0, slots, dtype=pl.UInt64, eager=True), counts)


def zipf_weights(count: int) -> list[int]:
    """Weigh ranks 0 to count - 1 by Zipf's law, with a flattened head."""
    return [10**9 // (rank + 3) for rank in range(count)]


def log_normal_ms(*, median_ms: int, sigma: float, at_most_ms: int) -> pl.Series:
    """Tabulate the quantiles of a log-normal length.

    Returns
    -------
    (QUANTILES + 1,) int64 milliseconds, rising.
    """
    normal = NormalDist()
    inner = [normal.inv_cdf((k + 0.5) / (QUANTILES + 1)) for k in range(QUANTILES + 1)]
    return pl.Series(
        [min(at_most_ms, round(median_ms * exp(sigma * z))) for z in inner], dtype=pl.Int64
    )


def lengths_ms(word: pl.Series, quantiles: pl.Series) -> pl.Series:
    """Draw lengths from tabulated quantiles, evenly between two of them.

    Returns
    -------
    (n,) int64 milliseconds.
    """
    index = below(word, QUANTILES)
    lower, upper = quantiles.gather(index), quantiles.gather(index + 1)
    # The word's lower half, which chose nothing yet, says how far between.
    fraction = (word % _word(1 << 32)).cast(pl.Int64) // (1 << 12)
    return lower + (upper - lower) * fraction // (1 << 20)


def _mix(word: pl.Series) -> pl.Series:
    # splitmix64's finaliser (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
    # 2014); uint64 products wrap, and a division by a power of two is a shift.
    word = (word ^ (word // _word(1 << 30))) * _word(0xBF58476D1CE4E5B9)
    word = (word ^ (word // _word(1 << 27))) * _word(0x94D049BB133111EB)
    return word ^ (word // _word(1 << 31))


def _key(seed: int, purpose: str) -> int:
    digest = blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _word(value: int) -> pl.Series:
    return pl.Series([value], dtype=pl.UInt64)


def _coprime_near(value: int, total: int) -> int:
    factor = max(1, value)
    while gcd(factor, total) != 1:
        factor += 1
    return factor
