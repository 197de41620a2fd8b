"""Calls as a table of any origin, brought to the columns that rating reads.

Two kinds of table are understood. One holds call detail records, under the native names or under
those of the lake. The other holds bare quantities to price: ``start_at`` and ``billable_ms``, or
``quantity``; often with a ``destination``.
"""

from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import charge
from cdrpipe.cdr.normalize import NormalizedNumbers, normalize_batch, service_number_batch
from cdrpipe.cdr.schema import INSTANT, NUMBER_KINDS, RELATIONS
from cdrpipe.errors import InputError
from cdrpipe.numbering.region import RegionTable

# Messages, bytes: what has no clock (domain rule 6).
QUANTITY_MAX = 2**40

_THOUSANDTHS = pa.decimal128(38, 3)
_BOUNDED_THOUSANDTHS = pa.decimal128(17, 3)
assert QUANTITY_MAX < 10**14
_STAMPS = ("setup_at", "answered_at", "bridged_at", "released_at")
_TEXTS = ("source", "service_number", "billable_from", "destination")
_LENGTHS = ("billable_ms",)


def read_calls(
    table: pa.Table, *, regions: Callable[[], RegionTable], trunk_area: str
) -> pl.DataFrame:
    """Bring a table of calls to the columns that guiding and rating read.

    Parameters
    ----------
    table
        Columns with other names are not looked at; none of the known ones has to be there, except
        that something must say when or how much.
    regions
        Gives the number data; asked only where numbers come without their regions.
    trunk_area
        Area code of local numbers that carry none; empty where not known.

    Returns
    -------
    A row a call, in order: ``source``, ``service_number``, ``setup_at``, ``answered_at``,
    ``bridged_at``, ``released_at``, ``bridged_stated``, ``billable_ms``, ``billable_from``,
    ``is_continuation``, ``calling_number``, ``calling_kind``, ``calling_region_id``, the three of
    the answering number, ``destination``, ``stated_relation`` (null: by the regions)
    and ``quantity_thousandths`` (null: a call with a clock; ``billable_ms`` is 0 where not). Kinds
    and relations are codes.

    Raises
    ------
    InputError
        A column has a type that cannot be read, or a value out of bounds.
    """
    names = set(table.column_names)
    if not names & {"start_at", "quantity", *_STAMPS}:
        raise InputError(
            "expected a column that says when or how much, found none",
            hint="call it start_at, answered_at or quantity; docs/api.md has all columns",
        )
    stamps = {name: _instants(table, name) for name in _STAMPS}
    if "start_at" in names:
        stamps["answered_at"] = _instants(table, "start_at")
    columns = {
        **stamps,
        **{name: _texts(table, name) for name in _TEXTS},
        **{name: _whole(table, name, pa.int64()) for name in _LENGTHS},
        **_numbers(table, "calling", regions, trunk_area),
        **_numbers(table, "answering", regions, trunk_area),
        "is_continuation": _flags(table, "is_continuation"),
        "bridged_stated": _flags(table, "bridged_stated"),
        "stated_relation": _codes(table, "relation", RELATIONS),
        "quantity_thousandths": _quantities(table),
    }
    calls = pl.DataFrame({name: pl.from_arrow(column) for name, column in columns.items()})
    dialled = service_number_batch(columns["service_number"])
    is_quantity = pl.col("quantity_thousandths").is_not_null()
    return calls.with_columns(
        billable_ms=pl.when(is_quantity).then(pl.lit(0, pl.Int64)).otherwise("billable_ms"),
        service_number=pl.Series(pl.from_arrow(dialled)),
        source=pl.col("source").fill_null(""),
        billable_from=pl.col("billable_from").fill_null("answered"),
        is_continuation=pl.col("is_continuation").fill_null(value=False),
        bridged_stated=pl.col("bridged_stated").fill_null("bridged_at" in names),
    )


def _instants(table: pa.Table, name: str) -> pa.Array:
    column = _column(table, name)
    if column is None or pa.types.is_null(column.type):
        return pa.nulls(table.num_rows, INSTANT)
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        raise _unreadable(
            name,
            "timestamps with a time zone",
            column,
            hint="a clock without its zone could be anyone's; polars: dt.replace_time_zone(zone), "
            "DuckDB: column AT TIME ZONE zone",
        )
    # What is finer than a microsecond is cut off, as from every source.
    cut = pc.CastOptions(target_type=INSTANT, allow_time_truncate=True)
    instants = column.cast(options=cut)
    _refuse_outside(name, instants, 0, charge.INSTANT_US_LIMIT - 1, "instants from 1970 to 2199")
    return instants


def _texts(table: pa.Table, name: str) -> pa.Array:
    column = _column(table, name)
    if column is None:
        return pa.nulls(table.num_rows, pa.string())
    if not _is_text(column.type) and not pa.types.is_integer(column.type):
        raise _unreadable(name, "text", column)
    return column.cast(pa.string())


def _whole(table: pa.Table, name: str, arrow_type: pa.DataType) -> pa.Array:
    column = _column(table, name)
    if column is None:
        return pa.nulls(table.num_rows, arrow_type)
    if not pa.types.is_integer(column.type) and not pa.types.is_null(column.type):
        raise _unreadable(name, "whole numbers", column)
    return _cast(name, column, arrow_type)


def _flags(table: pa.Table, name: str) -> pa.Array:
    column = _column(table, name)
    if column is None:
        return pa.nulls(table.num_rows, pa.bool_())
    if not pa.types.is_boolean(column.type) and not pa.types.is_null(column.type):
        raise _unreadable(name, "true and false", column)
    return column.cast(pa.bool_())


def _quantities(table: pa.Table) -> pa.Array:
    """Read quantities as thousandths of their unit."""
    column = _column(table, "quantity")
    if column is None:
        return pa.nulls(table.num_rows, pa.int64())
    types = pa.types
    if not (types.is_integer(column.type) or types.is_decimal(column.type)):
        raise _unreadable(
            "quantity",
            "integers or decimals",
            column,
            hint="a floating-point number does not hold thousandths; cast it to DECIMAL(18, 3)",
        )
    quantity = _cast("quantity", column, _THOUSANDTHS)
    _refuse_outside("quantity", quantity, 0, QUANTITY_MAX, "quantities from 0 to 2^40")
    thousand = pa.scalar(1_000, pa.decimal128(4, 0))
    return pc.multiply(quantity.cast(_BOUNDED_THOUSANDTHS), thousand).cast(pa.int64())


def _numbers(
    table: pa.Table, party: str, regions: Callable[[], RegionTable], trunk_area: str
) -> dict[str, pa.Array]:
    """Read a party's number with its kind and region: as they stand, or by the number data."""
    name, kind, region = f"{party}_number", f"{party}_kind", f"{party}_region_id"
    number = _column(table, name)
    if kind in table.column_names and region in table.column_names:
        return {
            name: _whole(table, name, pa.int64()),
            kind: _codes(table, kind, NUMBER_KINDS).fill_null(NUMBER_KINDS.index("unknown")),
            region: _whole(table, region, pa.int32()).fill_null(0),
        }
    if number is None or number.null_count == len(number):
        found = _unknown_numbers(table.num_rows)
    else:
        if not _is_text(number.type) and not pa.types.is_integer(number.type):
            raise _unreadable(name, "text, or E.164 digits as whole numbers", number)
        raw = number.cast(pa.string())
        if pa.types.is_integer(number.type):
            raw = pc.binary_join_element_wise("+", raw, "")
        found = normalize_batch(raw, trunk_area=trunk_area, regions=regions())
    return {name: found.number, kind: found.kind, region: found.region_id}


def _unknown_numbers(row_count: int) -> NormalizedNumbers:
    unknown = NUMBER_KINDS.index("unknown")
    return NormalizedNumbers(
        number=pa.nulls(row_count, pa.int64()),
        kind=pa.repeat(pa.scalar(unknown, pa.int8()), row_count),
        region_id=pa.repeat(pa.scalar(0, pa.int32()), row_count),
        is_display=pa.repeat(pa.scalar(value=False), row_count),
    )


def _codes(table: pa.Table, name: str, words: tuple[str, ...]) -> pa.Array:
    """Read words as their positions; null stays null."""
    texts = _texts(table, name)
    codes = pc.index_in(texts, value_set=pa.array(words, pa.string())).cast(pa.int8())
    wrong = pc.and_(pc.is_null(codes), pc.is_valid(texts))
    if pc.any(wrong).as_py():
        row = pc.index(wrong, value=True).as_py()
        raise InputError(
            f"expected one of {', '.join(words)}, got {texts[row].as_py()!r} in row {row}",
            where=name,
        )
    return codes


def _column(table: pa.Table, name: str) -> pa.Array | None:
    """Give a column as one array; a dictionary as its values."""
    if name not in table.column_names:
        return None
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    found: bool = (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_null(kind)
    )
    return found


def _refuse_outside(name: str, column: pa.Array, least: int, most: int, expected: str) -> None:
    first, last = pa.scalar(least, column.type), pa.scalar(most, column.type)
    outside = pc.or_(pc.less(column, first), pc.greater(column, last))
    if pc.any(outside).as_py():
        row = pc.index(outside, value=True).as_py()
        raise InputError(f"expected {expected}, got {column[row]} in row {row}", where=name)


def _cast(name: str, column: pa.Array, arrow_type: pa.DataType) -> pa.Array:
    try:
        return column.cast(arrow_type)
    except pa.ArrowException as error:
        raise InputError(f"expected {arrow_type}: {error}", where=name) from error


def _unreadable(name: str, expected: str, column: pa.Array, *, hint: str = "") -> InputError:
    return InputError(f"expected {expected}, got {column.type}", where=name, hint=hint)
