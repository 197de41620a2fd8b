"""Who calls: regions weighted by their people, and numbers as switches write them."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from cdrpipe.demo.draw import below, dealt, shuffled, wheel, words
from cdrpipe.demo.places import RESIDENTS, local_digits
from cdrpipe.demo.planted import Caller, Planted
from cdrpipe.numbering.region import (
    AREA_SLOTS_START,
    MOBILE_PREFIX_MIN,
    RegionTable,
    area_code,
)

_PROVINCE_SLOTS = 1 << 14

# Of a hundred calls from the mainland so many come from the number's own area.
_FROM_HOME_PERCENT = 35

_UNKNOWN = ("anonymous", "", "0", "unknown", "restricted", "00000442079460000", None)
_SERVICE = ("95588", "95533", "10086", "10010", "4008205555")
# Written beginning, and how many digits follow.
_INTERNATIONAL = (
    ("+8526", 7),
    ("008529", 7),
    ("+8536", 7),
    ("+8869", 8),
    ("00886910", 6),
    ("+1212555", 4),
    ("0081905555", 4),
    ("+659", 7),
)
_PRIVACY_DIGITS = 10

# What stands before the number, by Caller; separators come on their own.
_PREFIXES = {
    Caller.MOBILE_PLUS_86: "+86",
    Caller.MOBILE_0086: "0086",
    Caller.MOBILE_86: "86",
    Caller.MOBILE_0: "0",
    Caller.MOBILE_17951: "17951",
    Caller.LANDLINE: "0",
    Caller.LANDLINE_PLUS_86: "+86",
    Caller.LANDLINE_0086: "0086",
    Caller.LANDLINE_17951: "179510",
}


_RARE = (
    Caller.MOBILE_SPACES,
    Caller.MOBILE_DASHES,
    Caller.LANDLINE_BRACKETS,
    Caller.LANDLINE_DASH,
    Caller.INTERNATIONAL,
    Caller.SERVICE,
    Caller.PRIVACY,
    Caller.UNKNOWN,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CallerPool:
    """Where callers are drawn from.

    ``prefixes`` holds the mobiles' first seven digits sorted by region, ``regions`` one row a
    region sorted by its id: ``region_id``, ``first`` and ``count`` (its run in ``prefixes``), and
    its landlines' ``area`` (number as text, without the 0), ``scale`` (10 ^ local digits).
    ``provinces`` has one row a province: ``first`` and ``count`` (its run in ``prefixes``);
    ``wheel`` chooses one by its people. ``region_of_prefix`` is the row of ``regions`` of each
    prefix.
    """

    prefixes: pl.Series
    region_of_prefix: pl.Series
    regions: pl.DataFrame
    provinces: pl.DataFrame
    wheel: pl.Series


def build_caller_pool(regions: RegionTable) -> CallerPool:
    """Sort the numbers of a region table by region and province."""
    slots = pl.from_arrow(
        pa.Array.from_buffers(pa.uint16(), AREA_SLOTS_START, [None, regions.slots])
    )
    region_ids = pl.from_arrow(
        pa.Array.from_buffers(pa.int32(), regions.region_ids.size // 4, [None, regions.region_ids])
    )
    assert isinstance(slots, pl.Series)
    assert isinstance(region_ids, pl.Series)
    known = (
        pl.DataFrame({"region_id": region_ids.gather(slots)})
        .with_row_index("prefix", offset=MOBILE_PREFIX_MIN)
        .filter((pl.col("region_id") % 10_000) > 0)
        .sort("region_id", "prefix")
        .with_row_index("place")
    )
    runs = _runs(known, pl.col("region_id")).with_columns(
        area=pl.col("region_id") % 10_000,
        scale=pl.col("region_id").map_elements(_scale, return_dtype=pl.Int64),
    )
    provinces = _runs(known, pl.col("region_id") // 10_000)
    weights = [RESIDENTS[code] for code in provinces["region_id"]]
    return CallerPool(
        prefixes=known["prefix"],
        region_of_prefix=runs["region_id"].search_sorted(known["region_id"]),
        regions=runs,
        provinces=provinces,
        wheel=wheel(weights, slots=_PROVINCE_SLOTS),
    )


def draw_callers(row: pl.Series, *, planted: Planted, seed: int) -> pl.Series:
    """Deal out how calling numbers are written.

    Returns
    -------
    (n,) uint32 positions in Caller.
    """
    place = shuffled(row, total=planted.calls, seed=seed, purpose="caller")
    return dealt(place, [planted.calls_by_caller[caller] for caller in Caller])


def draw_calling_numbers(
    row: pl.Series, caller: pl.Series, home: pl.Series, *, pool: CallerPool, seed: int
) -> pl.Series:
    """Draw calling numbers as a switch writes them.

    Parameters
    ----------
    caller
        (n,) positions in Caller.
    home
        (n,) where the called number is at home: rows of the pool's regions.

    Returns
    -------
    (n,) strings, null where the switch knows no number.
    """
    word = words(row, seed=seed, purpose="calling number")
    place = _draw_places(row, home, pool=pool, seed=seed)
    region = pool.region_of_prefix.gather(place)
    scale = pool.regions["scale"].gather(region)
    # The first of a landline's local digits is 2 to 7.
    local = scale // 5 + below(word, scale * 3 // 5)
    landline = pool.regions["area"].gather(region) * scale + local
    mobile = pool.prefixes.gather(place).cast(pl.Int64) * 10_000 + below(word, 10_000)
    digits = mobile.zip_with(caller < Caller.LANDLINE, landline).cast(pl.String)
    number = pl.Series([_PREFIXES.get(one, "") for one in Caller]).gather(caller) + digits
    area = pool.regions["area"].gather(region).cast(pl.String)
    rare = pl.DataFrame({"caller": caller, "digits": digits, "area": area, "word": word})
    rare = rare.with_row_index("at").filter(pl.col("caller").is_in(_RARE))
    return number.scatter(rare["at"], _rare_numbers(rare))


def _draw_places(row: pl.Series, home: pl.Series, *, pool: CallerPool, seed: int) -> pl.Series:
    """Draw (n,) places in the pool's prefixes: from the home region, or from anywhere."""
    slot = below(words(row, seed=seed, purpose="province"), _PROVINCE_SLOTS)
    province = pool.wheel.gather(slot)
    is_home = below(words(row, seed=seed, purpose="from home"), 100) < _FROM_HOME_PERCENT
    first, count = (
        pool.regions[name].gather(home).zip_with(is_home, pool.provinces[name].gather(province))
        for name in ("first", "count")
    )
    return first + below(words(row, seed=seed, purpose="place"), count)


def _rare_numbers(rare: pl.DataFrame) -> pl.Series:
    """Write numbers with separators, and those that are neither mobiles nor landlines."""
    digits, area, word = pl.col("digits"), pl.col("area"), rare["word"]
    local = digits.str.slice(area.str.len_bytes())
    pieces = (digits.str.slice(0, 3), digits.str.slice(3, 4), digits.str.slice(7))
    abroad = below(word, len(_INTERNATIONAL))
    # Behind the prefix stand the word's last decimal digits; its first bits chose the prefix.
    tail = (word % pl.Series([10**_PRIVACY_DIGITS], dtype=pl.UInt64)).cast(pl.String)
    tail = tail.str.zfill(_PRIVACY_DIGITS)
    beginning = pl.Series([text for text, _ in _INTERNATIONAL]).gather(abroad)
    tail_digits = pl.Series([count for _, count in _INTERNATIONAL]).gather(abroad)
    written = {
        Caller.MOBILE_SPACES: pl.concat_str(pieces, separator=" "),
        Caller.MOBILE_DASHES: pl.concat_str(pieces, separator="-"),
        Caller.LANDLINE_BRACKETS: pl.concat_str(pl.lit("(0"), area, pl.lit(")"), local),
        Caller.LANDLINE_DASH: pl.concat_str(pl.lit("0"), area, pl.lit("-"), local),
        Caller.INTERNATIONAL: pl.lit(beginning) + pl.lit(tail).str.tail(pl.lit(tail_digits)),
        Caller.SERVICE: pl.lit(pl.Series(_SERVICE).gather(below(word, len(_SERVICE)))),
        Caller.PRIVACY: pl.lit("700") + pl.lit(tail),
        Caller.UNKNOWN: pl.lit(pl.Series(_UNKNOWN).gather(below(word, len(_UNKNOWN)))),
    }
    assert set(written) == set(_RARE)
    cases = [pl.when(pl.col("caller") == int(one)).then(text) for one, text in written.items()]
    return rare.select(pl.coalesce(cases)).to_series()


def _runs(known: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """Find where each region or province begins in the sorted prefixes, and how many it has."""
    return known.group_by(region_id=key.alias("region_id"), maintain_order=True).agg(
        first=pl.col("place").first().cast(pl.Int64), count=pl.len().cast(pl.Int64)
    )


def _scale(region_id: int) -> int:
    return int(10 ** local_digits(area_code(region_id)))
