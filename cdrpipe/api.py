"""``cdrpipe.rate``: price a table of calls in Python, Arrow in and Arrow out.

The same guiding, rate table and kernel as the daemon's. Nothing is stored, no copies are left out
and no records are joined to calls: a row in is a row out, in the same place.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol, TypeAlias

import polars as pl
import pyarrow as pa

from cdrpipe.cdr.call_table import read_calls
from cdrpipe.cdr.schema import RELATIONS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.cdr.validate import validation_reason
from cdrpipe.errors import ConfigError, TariffError
from cdrpipe.guiding.guide import build_guide_table
from cdrpipe.guiding.ownership import Ownership, Subscription
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.numbering.region import RegionTable
from cdrpipe.rating.rate_calls import guide_calls, price_calls, start_clocks
from cdrpipe.register import RegisterSnapshot, load_snapshot, open_register
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import build_rate_table

# What ``rate`` appends, in this order; a column of the input that is called so gives way.
RATED_COLUMNS: Mapping[str, pa.DataType] = {
    "account_id": pa.string(),
    "subscription_id": pa.string(),
    "plan_id": pa.string(),
    "plan_version": pa.int32(),
    "top_up_class_micros": pa.int64(),
    "relation": pa.string(),
    "zone": pa.string(),
    "band": pa.string(),
    "enterprise_rate_id": pa.string(),
    "caller_rate_id": pa.string(),
    "enterprise_billable_ms": pa.int64(),
    "caller_billable_ms": pa.int64(),
    "enterprise_charge_micros": pa.int64(),
    "caller_charge_micros": pa.int64(),
    "carrier_rate_id": pa.string(),
    "carrier_cost_micros": pa.int64(),
    "suspense_reason": pa.string(),
    "suspense_detail": pa.string(),
}

# Before and after every call; whoever hands in calls of next year wants their price.
_EVER_US, _NEVER_US = -(2**62), 2**62

_IS_QUANTITY = pl.col("quantity_thousandths").is_not_null()
_EVERY_ROW = pl.lit(value=True)


class ArrowTable(Protocol):
    """What gives its rows as an Arrow stream: tables of pyarrow and polars, results of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the stream (the Arrow PyCapsule interface)."""


Plan: TypeAlias = str | Path | RatePlanVersion
Tariff: TypeAlias = Plan | Sequence[Plan]
Register: TypeAlias = str | Path | RegisterSnapshot
Calendars: TypeAlias = Calendar | Mapping[str, Calendar]


def rate(
    table: "ArrowTable | pa.RecordBatch",
    tariff: Tariff | None = None,
    register: Register | None = None,
    *,
    calendar: Calendars | None = None,
    trunk_area: str = "",
) -> pa.Table:
    """Price every row of a table.

    Parameters
    ----------
    table
        Calls, or quantities to price: docs/api.md lists the columns.
    tariff
        A rate plan: its TOML text, the path of its file, its parsed versions, or several of these.
        Without a register every row is on this one plan, under the version in force when its
        billing starts. With a register its versions stand in for the register's of the same plan.
    register
        Who owned the number when, and on which plan: the path of a register, or a snapshot of one.
    calendar
        The calendars that plans name; not given: those that come with the package.
    trunk_area
        Area code of numbers that carry none; empty where not known.

    Returns
    -------
    The table's own columns and RATED_COLUMNS. Charges are int64 micros; null where the call was
    never answered, or is suspended: then ``suspense_reason`` says why.

    Raises
    ------
    ConfigError
        Neither tariff nor register is given, or the register is not there.
    InputError
        A column cannot be read.
    TariffError
        A rate plan cannot be read or has faults; carries all.

    Notes
    -----
    The GIL is released while numbers are looked up and calls are priced.
    """
    rows = pa.table(table)
    snapshot = None if register is None else _snapshot(register)
    versions = _versions(tariff, snapshot)
    rates = build_rate_table(versions, _calendars(calendar, versions))
    calls = read_calls(rows, regions=_regions, trunk_area=trunk_area)
    if snapshot is None:
        calls = _guide_to_one_plan(_validate(_date_quantities(calls, versions)), versions)
    else:
        guide = build_guide_table(
            snapshot.ownerships, snapshot.subscriptions, versions, snapshot.top_ups
        )
        calls = guide_calls(_validate(calls), guide, is_open=_EVERY_ROW)
    calls = price_calls(
        _measure(start_clocks(calls)),
        rates,
        is_priced=pl.col("_is_answered"),
        destination=_texts(calls, "destination") if "destination" in rows.column_names else None,
    )
    return _appended(rows, _named(calls, versions))


# What to price by.


def _snapshot(register: Register) -> RegisterSnapshot:
    if isinstance(register, RegisterSnapshot):
        return register
    # Opening a register makes one where there is none; here that would be a slip of the pen.
    if "://" not in str(register) and not Path(register).is_file():
        raise ConfigError("expected a register, found no file", where=str(register))
    return load_snapshot(open_register(register))


def _versions(
    tariff: Tariff | None, snapshot: RegisterSnapshot | None
) -> tuple[RatePlanVersion, ...]:
    """Collect the plan versions to price by; without a register they are of one plan."""
    given = () if tariff is None else tuple(_parsed(tariff))
    plan_ids = {version.plan_id for version in given}
    if snapshot is not None:
        kept = [each for each in snapshot.plan_versions if each.plan_id not in plan_ids]
        return snapshot.with_reached_classes((*kept, *given))
    if len(plan_ids) != 1:
        raise ConfigError(
            f"expected one plan, got {len(plan_ids)}",
            hint="hand in a tariff; of several plans only a register says who is on which",
        )
    return given


def _parsed(tariff: Tariff) -> Iterable[RatePlanVersion]:
    if isinstance(tariff, RatePlanVersion):
        yield tariff
    elif isinstance(tariff, str) and "=" in tariff:
        # No rate plan is without a "=", and the name of a file hardly ever has one.
        yield from parse_rate_plan(tariff, file="tariff")
    elif isinstance(tariff, str | Path):
        path = Path(tariff)
        yield from parse_rate_plan(
            _read_text(path),
            file=str(path),
            read_deck=lambda name: _read_text(path.parent / name),
        )
    else:
        for each in tariff:
            yield from _parsed(each)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"expected a rate plan or its deck as UTF-8 text, got {error}"
        raise TariffError(message, where=str(path)) from error


def _calendars(
    calendar: Calendars | None, versions: Iterable[RatePlanVersion]
) -> Mapping[str, Calendar]:
    if isinstance(calendar, Calendar):
        return {calendar.name: calendar}
    if calendar is not None:
        return calendar
    return load_calendars() if any(version.calendar for version in versions) else {}


@cache
def _regions() -> RegionTable:
    return load_region_table()


# Whose the rows are, and what is measured.


def _date_quantities(calls: pl.DataFrame, versions: Sequence[RatePlanVersion]) -> pl.DataFrame:
    """Put quantities that say no instant under the version, where there is one only."""
    if len(versions) > 1:
        return calls
    begins_at = pl.lit(versions[0].valid_from_us, pl.Int64).cast(pl.Datetime("us", "UTC"))
    undated = _IS_QUANTITY & pl.col("answered_at").is_null()
    return calls.with_columns(answered_at=pl.when(undated).then(begins_at).otherwise("answered_at"))


def _validate(calls: pl.DataFrame) -> pl.DataFrame:
    return calls.with_columns(reason=validation_reason(now_us=_NEVER_US))


def _guide_to_one_plan(calls: pl.DataFrame, versions: Sequence[RatePlanVersion]) -> pl.DataFrame:
    """Guide every row as if somebody owned all numbers and were on the plan for ever."""
    owner = Ownership(
        service_number="",
        account_id="",
        bill_from="answered",
        bridged_is_answered_for=(),
        home_region_id=0,
        valid_from_us=_EVER_US,
        valid_until_us=None,
    )
    subscription = Subscription(
        subscription_id="",
        account_id="",
        plan_id=versions[0].plan_id,
        service_number=None,
        valid_from_us=_EVER_US,
        valid_until_us=None,
    )
    guide = build_guide_table([owner], [subscription], versions)
    dialled = calls["service_number"]
    guided = guide_calls(calls.with_columns(service_number=pl.lit("")), guide, is_open=_EVERY_ROW)
    nobody = pl.lit(None, pl.String)
    return guided.with_columns(dialled, account_id=nobody, subscription_id=nobody)


def _measure(calls: pl.DataFrame) -> pl.DataFrame:
    """Give quantities their own measure, which has no clock; and let a stated relation stand."""
    no_clock = pl.lit(None, pl.Int64)
    return calls.with_columns(
        *(
            pl.when(_IS_QUANTITY).then("quantity_thousandths").otherwise(name).alias(name)
            for name in ("enterprise_billable_ms", "caller_billable_ms")
        ),
        *(
            pl.when(_IS_QUANTITY).then(no_clock).otherwise(name).alias(name)
            for name in ("_enterprise_start_us", "_caller_start_us")
        ),
        _relation=pl.coalesce("stated_relation", "_relation"),
    )


# What is appended.


def _named(calls: pl.DataFrame, versions: Sequence[RatePlanVersion]) -> pl.DataFrame:
    """Write positions and numbers as the words that people read."""

    def words(column: str, names: Mapping[int, object], arrow_type: pl.DataType) -> pl.Expr:
        return pl.col(column).replace_strict(names, default=None, return_dtype=arrow_type)

    text = pl.String()
    numbered = dict(enumerate(versions))
    return calls.with_columns(
        plan_id=words("_version", {at: each.plan_id for at, each in numbered.items()}, text),
        plan_version=words(
            "_version", {at: each.version for at, each in numbered.items()}, pl.Int32()
        ),
        top_up_class_micros=words(
            "_version", {at: each.top_up_class_micros for at, each in numbered.items()}, pl.Int64()
        ),
        relation=words("_relation", dict(enumerate(RELATIONS)), text),
        suspense_reason=words("reason", {int(each): each.name for each in SuspenseReason}, text),
        suspense_detail=words(
            "reason", {int(each): each.sentence for each in SuspenseReason}, text
        ),
    )


def _appended(rows: pa.Table, calls: pl.DataFrame) -> pa.Table:
    kept = rows.select([name for name in rows.column_names if name not in RATED_COLUMNS])
    columns = [pa.chunked_array([calls[name].to_arrow()]) for name in RATED_COLUMNS]
    for (name, arrow_type), column in zip(RATED_COLUMNS.items(), columns, strict=True):
        kept = kept.append_column(pa.field(name, arrow_type), column.cast(arrow_type))
    return kept


def _texts(calls: pl.DataFrame, name: str) -> pa.StringArray:
    return calls[name].to_arrow().cast(pa.string())
