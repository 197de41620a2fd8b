"""Whole calls through guiding, clocks and price: the steps that all rating shares.

The frames have a row a call. ``reason`` is the number of what speaks against a call so far, 0 where
nothing does; a step gives a reason only to rows that have none yet.
"""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from cdrpipe.cdr.relation import relation_column
from cdrpipe.cdr.schema import NUMBER_KINDS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.guiding.guide import GuideTable, bill_from_batch, guide_batch
from cdrpipe.rating.clock import billable_columns, clock_columns, clock_reason, first_stamp
from cdrpipe.rating.rate_batch import RatedCharges, rate_batch
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import RateTable

_NONE_KIND = NUMBER_KINDS.index("none")
_NO_REASON = pl.lit(0, pl.UInt8)


def suspend(calls: pl.DataFrame, reason: pl.Expr, *, where: pl.Expr) -> pl.DataFrame:
    """Give a reason to the rows ``where`` holds that have none yet."""
    return calls.with_columns(
        reason=pl.when((pl.col("reason") == 0) & where).then(reason).otherwise("reason")
    )


def guide_calls(calls: pl.DataFrame, guide: GuideTable, *, is_open: pl.Expr) -> pl.DataFrame:
    """Find whose each call is, from which instant on it is billed, and under which plan version.

    Reads ``service_number``, ``source``, the canonical stamps, ``bridged_stated``, ``billable_ms``
    and ``billable_from``. Of rows that are not ``is_open`` no reason is given.

    Returns
    -------
    The frame with ``account_id``, ``subscription_id``, ``_version`` (-1: none), ``_home_region_id``
    (0: none) and the columns of ``clock_columns``.
    """
    service_number = _texts(calls, "service_number")
    source = _texts(calls, "source")
    settings = [
        bill_from_batch(service_number, source, _micros(calls.select(instant)), guide)
        # At the setup; a number that nobody owned then is asked for again at the answer.
        for instant in (first_stamp(), pl.coalesce("answered_at", first_stamp()))
    ]
    calls = calls.with_columns(
        pl.coalesce(
            *(_series("bill_from", setting.bill_from) for setting in settings), pl.lit("answered")
        ).alias("bill_from"),
        pl.when(_series("_owned", settings[0].bill_from).is_not_null())
        .then(_series("_first", settings[0].bridged_is_answered))
        .otherwise(_series("_again", settings[1].bridged_is_answered))
        .alias("bridged_is_answered"),
    ).with_columns(*clock_columns())
    owner = guide_batch(service_number, _micros(calls.select("billing_started_at")), guide)
    calls = calls.with_columns(
        _series("account_id", owner.account_id),
        _series("subscription_id", owner.subscription_id),
        _series("_version", owner.plan_version_index),
        _series("_home_region_id", owner.home_region_id),
    )
    unowned = pl.col("account_id").is_null()
    calls = suspend(
        calls, _number(SuspenseReason.SERVICE_NUMBER_NOT_OWNED), where=is_open & unowned
    )
    calls = suspend(calls, clock_reason(), where=is_open)
    planless = pl.col("_is_answered") & (pl.col("_version") < 0)
    return suspend(calls, _number(SuspenseReason.NO_PLAN_IN_FORCE), where=is_open & planless)


def start_clocks(calls: pl.DataFrame) -> pl.DataFrame:
    """Give each party's start and length, and how far the call went.

    Returns
    -------
    The frame with ``enterprise_billable_ms``, ``caller_billable_ms``, ``_enterprise_start_us``,
    ``_caller_start_us``, ``answering_kind`` ("none" where nobody was bridged) and ``_relation``.
    """
    nobody = pl.col("bridged_stated") & pl.col("bridged_at").is_null()
    other_region_id = pl.when(nobody).then("_home_region_id").otherwise("answering_region_id")
    return calls.with_columns(
        *billable_columns(),
        _enterprise_start_us=pl.col("billing_started_at").dt.epoch("us"),
        _caller_start_us=pl.col("answered_at").dt.epoch("us"),
        _other_region_id=other_region_id,
        answering_kind=pl.when(nobody)
        .then(pl.lit(_NONE_KIND, pl.Int8))
        .otherwise("answering_kind"),
    ).with_columns(relation_column())


def price_calls(
    calls: pl.DataFrame,
    rates: RateTable,
    *,
    is_priced: pl.Expr,
    destination: pa.StringArray | None = None,
) -> pl.DataFrame:
    """Price both parties' shares of the calls that ``is_priced`` and nothing speaks against.

    Parameters
    ----------
    destination
        (n,) what prefixes match; None: the number that each plan version names.

    Returns
    -------
    The frame with the columns of ``RatedCharges``, their reasons in ``reason``, and what the
    carrier is owed: ``carrier_rate_id`` and ``carrier_cost_micros``.
    """
    open_calls = is_priced & (pl.col("reason") == 0)
    rated = _rate_batch(calls, rates, open_calls, destination, payer="enterprise")
    calls = calls.with_columns(
        _series("enterprise_charge_micros", rated.enterprise_charge_micros),
        _series("caller_charge_micros", rated.caller_charge_micros),
        _series("enterprise_rate_id", rated.enterprise_rate_id),
        _series("caller_rate_id", rated.caller_rate_id),
        _series("zone", rated.zone),
        _series("band", rated.band),
        _series("_rate_reason", rated.reason),
    )
    calls = suspend(calls, pl.col("_rate_reason"), where=is_priced)
    if rates.carrier is None:
        return calls.with_columns(
            carrier_rate_id=pl.lit(None, pl.String), carrier_cost_micros=pl.lit(None, pl.Int64)
        )
    owed = _rate_batch(calls, rates.carrier, open_calls, destination, payer="caller")
    return calls.with_columns(
        _series("carrier_rate_id", owed.enterprise_rate_id),
        _series("carrier_cost_micros", owed.enterprise_charge_micros),
    )


def _rate_batch(
    calls: pl.DataFrame,
    rates: RateTable,
    is_priced: pl.Expr,
    destination: pa.StringArray | None,
    *,
    payer: str,
) -> RatedCharges:
    """Price by a table whose rates of the enterprise run by the clock of the ``payer``."""
    return rate_batch(
        plan_version_index=_array(calls, "_version"),
        relation=_array(calls, "_relation"),
        calling_kind=_array(calls, "calling_kind"),
        answering_kind=_array(calls, "answering_kind"),
        enterprise_billable_ms=calls[f"{payer}_billable_ms"].fill_null(0).to_arrow(),
        caller_billable_ms=calls["caller_billable_ms"].fill_null(0).to_arrow(),
        is_continuation=_array(calls, "is_continuation"),
        is_priced=calls.select(is_priced).to_series().to_arrow(),
        rate_table=rates,
        enterprise_start_us=_array(calls, f"_{payer}_start_us"),
        caller_start_us=_array(calls, "_caller_start_us"),
        calling_region_id=_array(calls, "calling_region_id"),
        answering_region_id=_array(calls, "answering_region_id"),
        calling_number=_array(calls, "calling_number"),
        answering_number=_array(calls, "answering_number"),
        service_number=_texts(calls, "service_number"),
        destination=destination,
    )


def name_plans(calls: pl.DataFrame, versions: Sequence[RatePlanVersion]) -> pl.DataFrame:
    """Give plan, version and prepaid class of the position ``_version``; null where it is -1.

    Returns
    -------
    The frame with ``plan_id``, ``plan_version`` and ``top_up_class_micros``.
    """
    names = pl.DataFrame(
        {
            "_version": range(len(versions)),
            "plan_id": [version.plan_id for version in versions],
            "plan_version": [version.version for version in versions],
            "top_up_class_micros": [version.top_up_class_micros for version in versions],
        },
        schema={
            "_version": pl.Int32,
            "plan_id": pl.String,
            "plan_version": pl.Int32,
            "top_up_class_micros": pl.Int64,
        },
    )
    return calls.join(names, on="_version", how="left", maintain_order="left")


def _number(reason: SuspenseReason) -> pl.Expr:
    return pl.lit(int(reason), pl.UInt8)


def _array(frame: pl.DataFrame, name: str) -> pa.Array:
    return frame[name].to_arrow()


def _texts(frame: pl.DataFrame, name: str) -> pa.StringArray:
    return frame[name].to_arrow().cast(pa.string())


def _micros(frame: pl.DataFrame) -> pa.Array:
    return frame.to_series().to_physical().to_arrow()


def _series(name: str, values: pa.Array) -> pl.Series:
    series = pl.from_arrow(values)
    assert isinstance(series, pl.Series)
    return series.alias(name)
