"""``charge_share`` and ``charge_segment``: every charge taken apart, for SQL.

Both are computed when they are asked for, by the rule that made the charges: DuckDB hands what a
question says about the call (day, account, number, call id …) down to a polars source, which
fetches those calls from the view ``rated`` and prices them.

Source: docs/decisions/0005-segments-in-sql.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from cdrpipe.cdr.schema import INSTANT
from cdrpipe.errors import Refused
from cdrpipe.lake.query import relation_of_file
from cdrpipe.money import exact_text, yuan_of_micros
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.call_facts import VersionKey, version_of_row, versions_by_row
from cdrpipe.rating.explain import ShareExplanation, explain_call
from cdrpipe.rating.reckoning import Piece, Reckoning, decimals_kept
from cdrpipe.tariff.rate_plan import PAYING_PARTIES, RatePlanVersion

# Taking a call apart in exact fractions takes some 0.2 ms: a million calls take minutes.
CALLS_MAX = 1_000_000

_CHARGE_CALLS = Path(__file__).with_name("charge_calls.sql")
_BATCH_ROWS = 10_000

_YUAN = pa.decimal128(18, 6)
# What has no end in decimals is rounded to these, far below a micro; a call of 24 hours at the
# highest price and increment stays below 10^23 yuan.
_EXACT_YUAN = pa.decimal128(38, 15)
_PARTS_PER_MICRO = 10**9
_DIGITS = Context(prec=38)

_KEYS = {
    "billing_date": pl.Date,
    "account_id": pl.String,
    "service_number": pl.String,
    "source": pl.String,
    "call_id": pl.String,
    "leg": pl.String,
    "partial_no": pl.Int32,
    "plan_id": pl.String,
    "plan_version": pl.Int32,
}
_SEGMENT = pa.struct(
    [
        ("segment", pa.int32()),
        ("rate_id", pa.string()),
        ("band", pa.string()),
        ("step_index", pa.int32()),
        ("started_at", INSTANT),
        ("position_ms", pa.int64()),
        ("billed_ms", pa.int64()),
        ("increments", pa.int64()),
        ("increment_ms", pa.int64()),
        ("price", _YUAN),
        ("per_ms", pa.int64()),
        ("amount", _EXACT_YUAN),
        ("exact_micros", pa.string()),
    ]
)
_SHARE = pa.struct(
    [
        ("party", pa.string()),
        ("why", pa.string()),
        ("started_at", INSTANT),
        ("billable_ms", pa.int64()),
        ("rate_id", pa.string()),
        ("segments", pa.int32()),
        ("segments_amount", _EXACT_YUAN),
        ("segments_exact_micros", pa.string()),
        ("connect_fee", _YUAN),
        ("over_maximum", _EXACT_YUAN),
        ("under_minimum", _EXACT_YUAN),
        ("rounding_rate_id", pa.string()),
        ("rounding", pa.string()),
        ("decimals", pa.int32()),
        ("rounded_by", _EXACT_YUAN),
        ("split_by", _YUAN),
        ("explained_charge", _YUAN),
        ("charge", _YUAN),
        ("agrees", pa.bool_()),
    ]
)
_SHARES = pa.list_(pa.struct([*_SHARE, pa.field("of_segments", pa.list_(_SEGMENT))]))

_Versions = Mapping[VersionKey, RatePlanVersion]


class PricedBy(NamedTuple):
    """What calls are priced by: the register's plan versions, and the calendars by name."""

    plan_versions: Sequence[RatePlanVersion]
    calendars: Mapping[str, Calendar]


def add_charge_views(
    connection: duckdb.DuckDBPyConnection, priced_by: Callable[[], PricedBy]
) -> None:
    """Make ``charge_share`` and ``charge_segment`` known to a connection that has ``rated``.

    Parameters
    ----------
    priced_by
        Asked for when the first question needs it.

    Notes
    -----
    Cost: a millisecond; a question costs some 0.2 ms for each call that its conditions on
    the columns of the call leave over.
    """
    calls = _calls_with_shares(connection.cursor(), priced_by)
    shares = calls.explode("shares").unnest("shares")
    segments = (
        shares.select(*_KEYS, "party", "of_segments")
        .explode("of_segments")
        .filter(pl.col("of_segments").is_not_null())
        .unnest("of_segments")
    )
    connection.register("charge_share", shares.drop("of_segments"))
    connection.register("charge_segment", segments)


def _calls_with_shares(
    cursor: duckdb.DuckDBPyConnection, priced_by: Callable[[], PricedBy]
) -> pl.LazyFrame:
    """Give the calls' keys with ``shares``: a list of both parties', each with its segments."""
    known: list[tuple[_Versions, Mapping[str, Calendar]]] = []

    def source(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        _n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        if not known:
            plan_versions, calendars = priced_by()
            by_key = versions_by_row(plan_versions)
            known.append((by_key, calendars))
        calls = relation_of_file(cursor, _CHARGE_CALLS).pl(lazy=True)
        if predicate is not None:
            calls = calls.filter(predicate)
        for batch in _limited(calls.collect()).iter_slices(_BATCH_ROWS):
            made = batch.select(*_KEYS).with_columns(_shares(batch, *known[0]))
            yield made if with_columns is None else made.select(with_columns)

    shares_type = _series([]).dtype
    return register_io_source(source, schema={**_KEYS, "shares": shares_type})


def _limited(calls: pl.DataFrame) -> pl.DataFrame:
    if calls.height > CALLS_MAX:
        raise Refused(
            f"expected a question about at most {CALLS_MAX:,} calls, got {calls.height:,}: "
            "name billing dates, an account, a number or a call in WHERE"
        )
    return calls


def _shares(
    batch: pl.DataFrame, versions: _Versions, calendars: Mapping[str, Calendar]
) -> pl.Series:
    rows = []
    for row in batch.iter_rows(named=True):
        version = version_of_row(row, versions)
        if version is None:
            rows.append([_unexplained(row, party) for party in PAYING_PARTIES])
        else:
            rows.append([_share(each) for each in explain_call(row, version, calendars).shares])
    return _series(rows)


def _series(rows: Sequence[Sequence[Mapping[str, Any]]]) -> pl.Series:
    series = pl.from_arrow(pa.array(rows, _SHARES))
    assert isinstance(series, pl.Series)
    return series.alias("shares")


def _unexplained(row: Mapping[str, Any], party: str) -> dict[str, Any]:
    """Give the charge of a call whose plan version is not in the register."""
    return {
        "party": party,
        "why": "plan_unknown",
        "charge": yuan_of_micros(row[f"{party}_charge_micros"]),
        "agrees": False,
        "of_segments": [],
    }


def _share(share: ShareExplanation) -> dict[str, Any]:
    segments = [
        _segment(number, piece, share.starts_at_us(piece))
        for number, piece in enumerate(share.pieces, start=1)
    ]
    explained = share.explained_micros
    told = {
        "party": share.party,
        "why": share.case,
        "started_at": share.facts.start_us,
        "billable_ms": share.facts.billable_ms,
        "segments": len(segments),
        "split_by": yuan_of_micros(share.split_micros),
        "explained_charge": None if explained is None else yuan_of_micros(explained),
        "charge": yuan_of_micros(share.stored_micros),
        "agrees": share.agrees,
        "of_segments": segments,
    }
    if share.share is None or share.reckoning is None:
        return told
    rounding_rate = share.share.rounding_rate
    return told | {
        "rate_id": share.share.rate.rate_id,
        "rounding_rate_id": rounding_rate.rate_id,
        "rounding": rounding_rate.rounding,
        "decimals": decimals_kept(rounding_rate),
        **_adding_up(share.pieces, share.reckoning),
    }


def _adding_up(pieces: Sequence[Piece], reckoning: Reckoning) -> dict[str, Any]:
    """Give the steps from the segments to what the rate makes; their decimals add up as they do."""
    amount = sum(_parts(piece.exact_amount) for piece in pieces)
    fee = _parts(reckoning.fee_micros)
    is_capped = reckoning.capped_micros != reckoning.pieces_micros + reckoning.fee_micros
    capped = _parts(reckoning.capped_micros) if is_capped else amount + fee
    is_lifted = reckoning.exact_micros != reckoning.capped_micros
    lifted = _parts(reckoning.exact_micros) if is_lifted else capped
    return {
        "segments_amount": _yuan(amount),
        "segments_exact_micros": exact_text(reckoning.pieces_micros),
        "connect_fee": yuan_of_micros(reckoning.fee_micros),
        "over_maximum": _yuan(capped - amount - fee),
        "under_minimum": _yuan(lifted - capped),
        "rounded_by": _yuan(_parts(reckoning.charge_micros) - lifted),
    }


def _segment(number: int, piece: Piece, started_at_us: int | None) -> dict[str, Any]:
    return {
        "segment": number,
        "rate_id": piece.rate_id,
        "band": piece.band,
        "step_index": piece.step_index,
        "started_at": started_at_us,
        "position_ms": piece.start_ms,
        "billed_ms": piece.billed_ms,
        "increments": piece.increments,
        "increment_ms": piece.increment_ms,
        "price": yuan_of_micros(piece.price_micros),
        "per_ms": piece.per_ms,
        "amount": _yuan(_parts(piece.exact_amount)),
        "exact_micros": exact_text(piece.exact_amount),
    }


def _parts(micros: Fraction | int) -> int:
    """Count an amount in the smallest part that the exact columns hold, half even."""
    return round(micros * _PARTS_PER_MICRO)


def _yuan(parts: int) -> Decimal:
    return Decimal(parts).scaleb(-15, _DIGITS)
