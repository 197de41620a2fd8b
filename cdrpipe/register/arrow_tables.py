"""The register as Arrow tables, for views in SQL beside the lake."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Column, Connection, Engine, select

from cdrpipe.cdr.schema import INSTANT
from cdrpipe.numbering.region import area_code
from cdrpipe.register import tables
from cdrpipe.register.database import reading
from cdrpipe.register.plans import parse_stored
from cdrpipe.tariff.rate_plan import RatePlanVersion

# Null valid_until: without end. Instants are UTC, amounts micros of a yuan.
ACCOUNT_SCHEMA = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("opened_on", pa.date32()),
        pa.field("contact", pa.string()),
    ]
)
SERVICE_NUMBER_SCHEMA = pa.schema(
    [
        pa.field("service_number", pa.string(), nullable=False),
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("valid_from", INSTANT, nullable=False),
        pa.field("valid_until", INSTANT),
        pa.field("bill_from", pa.string(), nullable=False),  # answered | bridged
        pa.field("home_region_id", pa.int32(), nullable=False),  # 0: none
        pa.field("home_area_code", pa.string()),  # with its 0; null: none
        pa.field("bridged_is_answered_for", pa.string(), nullable=False),  # sources, ";" between
    ]
)
BOUND_NUMBER_SCHEMA = pa.schema(
    [
        pa.field("service_number", pa.string(), nullable=False),
        pa.field("bound_number", pa.string(), nullable=False),
        pa.field("valid_from", INSTANT, nullable=False),
        pa.field("valid_until", INSTANT),
    ]
)
SUBSCRIPTION_SCHEMA = pa.schema(
    [
        pa.field("subscription_id", pa.string(), nullable=False),
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("plan_id", pa.string(), nullable=False),
        pa.field("service_number", pa.string()),  # null: all numbers of the account
        pa.field("valid_from", INSTANT, nullable=False),
        pa.field("valid_until", INSTANT),
    ]
)
TOP_UP_SCHEMA = pa.schema(
    [
        pa.field("top_up_id", pa.string(), nullable=False),
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # top_up | gift | pool
        pa.field("subscription_id", pa.string()),
        pa.field("paid_micros", pa.int64(), nullable=False),  # 0: a gift
        pa.field("granted_micros", pa.int64()),  # null: it grants minutes
        pa.field("granted_ms", pa.int64()),  # null: it grants yuan
        pa.field("valid_from", INSTANT, nullable=False),
        pa.field("valid_until", INSTANT),  # null: never void; a renewal may lengthen it
    ]
)
RATE_PLAN_SCHEMA = pa.schema(
    [
        pa.field("plan_id", pa.string(), nullable=False),
        pa.field("version", pa.int32(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("valid_from", INSTANT, nullable=False),
        pa.field("valid_until", INSTANT),
        pa.field("split", pa.string(), nullable=False),  # independent | rest
        pa.field("monthly_rental_micros", pa.int64(), nullable=False),
        pa.field("activation_fee_micros", pa.int64(), nullable=False),
        pa.field("number_fee_micros", pa.int64(), nullable=False),
        pa.field("function_fees_micros", pa.int64(), nullable=False),  # a month, all functions
        pa.field("allowance_ms", pa.int64()),  # a month; null: none, as below
        pa.field("minimum_micros", pa.int64()),  # a month
        pa.field("minimum_per", pa.string()),  # account | number
        pa.field("pool_price_micros", pa.int64()),
        pa.field("pool_granted_micros", pa.int64()),
        pa.field("pool_granted_ms", pa.int64()),
        pa.field("pool_valid_months", pa.int32()),
        pa.field("imported_at", INSTANT, nullable=False),
        pa.field("activated_at", INSTANT),  # null: a draft, which prices no call
    ]
)
RATING_VERSION_SCHEMA = pa.schema(
    [
        pa.field("rating_version", pa.int32(), nullable=False),  # from 2: 1 is the first rating
        pa.field("status", pa.string(), nullable=False),  # writing | written | active | abandoned
        pa.field("date_from", pa.date32(), nullable=False),  # billing dates, half-open
        pa.field("date_until", pa.date32(), nullable=False),
        pa.field("account_id", pa.string()),  # null: all accounts
        pa.field("register_revision", pa.int64(), nullable=False),  # what it was rated by
        pa.field("calls", pa.int64()),  # null while it is being written, as below
        pa.field("unpriced_calls", pa.int64()),
        pa.field("begun_at", INSTANT, nullable=False),
        pa.field("decided_at", INSTANT),  # activated or abandoned
    ]
)
RATING_IN_FORCE_SCHEMA = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("month_on", pa.date32(), nullable=False),  # its first day
        pa.field("rating_version", pa.int32(), nullable=False),
    ]
)


def versions_in_force(tables: Mapping[str, pa.Table]) -> list[int]:
    """Name the rating versions that are in force, of tables read by ``register_tables``."""
    versions = tables["rating_version"]
    active = versions.filter(pc.equal(versions["status"], "active"))
    return list(active["rating_version"].to_pylist())


def register_tables(engine: Engine) -> dict[str, pa.Table]:
    """Read the register into the tables that SQL sees, by name; each in the order of its keys."""
    with reading(engine) as connection:
        return {
            "account": _read(connection, ACCOUNT_SCHEMA, tables.account.c),
            "service_number": _service_numbers(connection),
            "bound_number": _read(connection, BOUND_NUMBER_SCHEMA, tables.bound_number.c),
            "subscription": _read(connection, SUBSCRIPTION_SCHEMA, tables.subscription.c),
            "top_up": _read(connection, TOP_UP_SCHEMA, tables.top_up.c),
            "rate_plan": _rate_plans(connection),
            "rating_version": _read(connection, RATING_VERSION_SCHEMA, tables.rating_version.c),
            "rating_in_force": _read(connection, RATING_IN_FORCE_SCHEMA, tables.rating_in_force.c),
        }


def _read(connection: Connection, schema: pa.Schema, columns: Any) -> pa.Table:  # noqa: ANN401 - SQLAlchemy's collection
    """Read a table's columns by the names of a schema; instants stand in columns with ``_us``."""
    stored: list[Column[Any]] = [
        columns[f"{field.name}_us" if field.type == INSTANT else field.name] for field in schema
    ]
    order = [column for column in columns if column.primary_key]
    rows = connection.execute(select(*stored).order_by(*order)).all()
    return _table(schema, rows)


def _service_numbers(connection: Connection) -> pa.Table:
    names = [name for name in SERVICE_NUMBER_SCHEMA.names if name != "home_area_code"]
    schema = pa.schema([SERVICE_NUMBER_SCHEMA.field(name) for name in names])
    table = _read(connection, schema, tables.ownership.c)
    codes = [area_code(region_id) or None for region_id in table["home_region_id"].to_pylist()]
    return table.append_column(
        SERVICE_NUMBER_SCHEMA.field("home_area_code"), [pa.array(codes, pa.string())]
    ).select(SERVICE_NUMBER_SCHEMA.names)


def _rate_plans(connection: Connection) -> pa.Table:
    stored = tables.rate_plan_version
    rows = connection.execute(select(stored).order_by(*stored.primary_key)).mappings().all()
    versions = parse_stored(dict(row) for row in rows).values()
    instants = [(row["imported_at_us"], row["activated_at_us"]) for row in rows]
    return _table(
        RATE_PLAN_SCHEMA,
        [(*_terms(version), *when) for version, when in zip(versions, instants, strict=True)],
    )


def _terms(version: RatePlanVersion) -> Iterable[object]:
    allowance, minimum, pool = version.allowance, version.minimum, version.pool
    return (
        version.plan_id,
        version.version,
        version.name,
        version.valid_from_us,
        version.valid_until_us,
        version.split,
        version.monthly_rental_micros,
        version.activation_fee_micros,
        version.number_fee_micros,
        sum(fee.monthly_micros for fee in version.function_fees),
        allowance.monthly_ms if allowance else None,
        minimum.monthly_micros if minimum else None,
        minimum.per if minimum else None,
        pool.price_micros if pool else None,
        pool.granted_micros if pool else None,
        pool.granted_ms if pool else None,
        pool.valid_months if pool else None,
    )


def _table(schema: pa.Schema, rows: Sequence[Sequence[object]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [
        pa.array(values, pa.int64()).cast(INSTANT)
        if field.type == INSTANT
        else pa.array(values, field.type)
        for field, values in zip(schema, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
