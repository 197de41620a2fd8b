"""The register as columns that calls are drawn from: number, owner at the instant, phones."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

import polars as pl

from cdrpipe.demo.callers import CallerPool
from cdrpipe.demo.draw import below, wheel, words, zipf_weights
from cdrpipe.demo.register_plan import UNSOLD_PREFIX, OwnershipRow, RegisterPlan
from cdrpipe.demo.rhythm import DAY_MS, HOUR_MS, Rhythm
from cdrpipe.numbering.region import RegionTable

_SLOTS_MIN = 1 << 16
_NEVER_MS = 2**62

# A call set up so shortly before its number is released may be answered after it.
_BEFORE_RELEASE_MS = HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumberPool:
    """Service numbers and who owns them.

    ``numbers`` has one row a number: ``service_number``, its owners before and after it changes
    hands (``first_owner``, ``second_owner``: rows of ``owners``, equal where it does not), the
    instants ``released_ms`` and ``resold_ms`` (far in the future where it does not), and
    ``steady``: a number to call in its place while it is nobody's. ``between`` gives for each part
    of the month a number that is nobody's then. ``owners`` has one row an ownership: ``is_bridged``
    (billed from the bridge), ``home`` (row of the caller pool's regions), and its run ``first``,
    ``count`` in ``phones``. ``wheel`` chooses a number by Zipf's law.
    """

    numbers: pl.DataFrame
    between: pl.Series
    owners: pl.DataFrame
    phones: pl.Series
    wheel: pl.Series


def build_number_pool(
    register: RegisterPlan, *, rhythm: Rhythm, regions: RegionTable, callers: CallerPool, seed: int
) -> NumberPool:
    """Turn a register into columns."""
    second_of = dict(register.reassigned)
    second_owners = set(second_of.values())
    firsts = [at for at in range(len(register.ownerships)) if at not in second_owners]
    steady = [number for number, at in enumerate(firsts) if at not in second_of]
    numbers = pl.DataFrame(
        [
            _number_row(register, at, second_of.get(at), rhythm, steady[number % len(steady)])
            for number, at in enumerate(firsts)
        ]
    )
    ranks = list(range(len(firsts)))
    Random(f"{seed}/ranks").shuffle(ranks)  # noqa: S311 - invented data, no secrets
    weights = zipf_weights(len(firsts))
    slots = max(_SLOTS_MIN, 1 << (16 * len(firsts)).bit_length())
    place_of = {at: number for number, at in enumerate(firsts)}
    return NumberPool(
        numbers=numbers,
        between=pl.Series([place_of[at] for at, _ in register.reassigned]),
        owners=_owner_columns(register.ownerships, regions, callers),
        phones=pl.Series([phone for row in register.ownerships for phone in row.bound_numbers]),
        wheel=wheel([weights[rank] for rank in ranks], slots=slots),
    )


def _number_row(
    register: RegisterPlan, first: int, second: int | None, rhythm: Rhythm, steady: int
) -> dict[str, object]:
    row = register.ownerships[first]
    released_ms = resold_ms = _NEVER_MS
    if second is not None:
        assert row.valid_until is not None
        month_first = register.month_first
        released_ms = rhythm.start_ms + (row.valid_until - month_first).days * DAY_MS
        resold_on = register.ownerships[second].valid_from
        resold_ms = rhythm.start_ms + (resold_on - month_first).days * DAY_MS
    return {
        "service_number": row.service_number,
        "first_owner": first,
        "second_owner": first if second is None else second,
        "released_ms": released_ms,
        "resold_ms": resold_ms,
        "steady": steady,
    }


def _owner_columns(
    ownerships: Iterable[OwnershipRow], regions: RegionTable, callers: CallerPool
) -> pl.DataFrame:
    region_ids = callers.regions["region_id"].to_list()
    row_of = {region_id: row for row, region_id in enumerate(region_ids)}
    columns = pl.DataFrame(
        [
            {
                "is_bridged": row.bill_from == "bridged",
                "home": row_of[regions.region_of_landline(row.home_area_code)],
                "count": len(row.bound_numbers),
            }
            for row in ownerships
        ]
    )
    return columns.with_columns(first=pl.col("count").cum_sum() - pl.col("count"))


def dial(
    row: pl.Series,
    setup_ms: pl.Series,
    *,
    is_between: pl.Series,
    is_unsold: pl.Series,
    pool: NumberPool,
    rhythm: Rhythm,
    seed: int,
) -> pl.DataFrame:
    """Draw the numbers that are called and the phones that ring.

    Parameters
    ----------
    is_between
        (n,) calls to a number that is nobody's just then.
    is_unsold
        (n,) calls to a number that was never anybody's.

    Returns
    -------
    (n,) ``service_number``, ``phone`` (strings), ``is_bridged`` (the owner is billed from the
    bridge), ``home`` (row of the caller pool's regions).
    """
    slots = len(pool.wheel)
    drawn = pool.wheel.gather(below(words(row, seed=seed, purpose="number"), slots)).cast(pl.Int64)
    released_ms = pool.numbers["released_ms"].gather(drawn)
    resold_ms = pool.numbers["resold_ms"].gather(drawn)
    is_nobodys = (setup_ms >= released_ms - _BEFORE_RELEASE_MS) & (setup_ms < resold_ms)
    number = pool.numbers["steady"].gather(drawn).zip_with(is_nobodys, drawn)
    part = (setup_ms - rhythm.start_ms) * len(pool.between) // (rhythm.days * DAY_MS)
    number = pool.between.gather(part).zip_with(is_between, number)
    is_second = setup_ms >= pool.numbers["resold_ms"].gather(number)
    second_owner = pool.numbers["second_owner"].gather(number)
    owner = second_owner.zip_with(is_second, pool.numbers["first_owner"].gather(number))
    word = words(row, seed=seed, purpose="phone")
    phone = pool.owners["first"].gather(owner) + below(word, pool.owners["count"].gather(owner))
    unsold = UNSOLD_PREFIX + below(word, 1_000_000).cast(pl.String).str.zfill(6)
    return pl.DataFrame(
        {
            "service_number": unsold.zip_with(
                is_unsold, pool.numbers["service_number"].gather(number)
            ),
            "phone": pool.phones.gather(phone),
            "is_bridged": pool.owners["is_bridged"].gather(owner),
            "home": pool.owners["home"].gather(owner),
        }
    )
