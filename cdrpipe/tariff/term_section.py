"""The terms of a rate plan beside its prices: fees, allowance, minimum, pool, top-ups.

They are read and checked here and kept with the version; no charge of a call knows them.
"""

from dataclasses import dataclass

from cdrpipe.tariff.rate_plan import (
    AllowanceTerms,
    FunctionFee,
    MinimumTerms,
    PoolTerms,
    PrepaidClass,
    PrepaidTerms,
)
from cdrpipe.tariff.toml_table import TomlTable

MINUTES_MAX = 100_000_000
MONTHS_MAX = 240

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a version says beside its rates; an absent fee is 0, an absent term None."""

    monthly_rental_micros: int
    activation_fee_micros: int
    number_fee_micros: int
    function_fees: tuple[FunctionFee, ...]
    allowance: AllowanceTerms | None
    minimum: MinimumTerms | None
    pool: PoolTerms | None
    prepaid: PrepaidTerms | None


def read_terms(version: TomlTable) -> Terms:
    """Read all terms of a version; faults go to the document's list."""
    return Terms(
        monthly_rental_micros=version.amount_micros("monthly_rental") or 0,
        activation_fee_micros=version.amount_micros("activation_fee") or 0,
        number_fee_micros=version.amount_micros("number_fee") or 0,
        function_fees=_read_function_fees(version.table("function_fees")),
        allowance=_read_allowance(version.table("allowance")),
        minimum=_read_minimum(version.table("minimum")),
        pool=_read_pool(version.table("pool")),
        prepaid=_read_prepaid(version.table("prepaid")),
    )


def _read_function_fees(table: TomlTable | None) -> tuple[FunctionFee, ...]:
    if table is None:
        return ()
    return tuple(
        FunctionFee(name=name, monthly_micros=table.amount_micros(name) or 0)
        for name in table.keys()  # noqa: SIM118 - a TomlTable is no mapping
    )


def _read_allowance(table: TomlTable | None) -> AllowanceTerms | None:
    if table is None:
        return None
    table.require("minutes_per_month")
    minutes = table.whole("minutes_per_month", least=1, most=MINUTES_MAX)
    is_whole = table.flag("whole_in_opening_month")
    table.refuse_unknown()
    return AllowanceTerms(
        monthly_ms=(minutes or 0) * _MINUTE_MS,
        is_whole_in_opening_month=True if is_whole is None else is_whole,
    )


def _read_minimum(table: TomlTable | None) -> MinimumTerms | None:
    if table is None:
        return None
    table.require("per_month")
    monthly_micros = table.amount_micros("per_month")
    per = table.choice("per", ("account", "number"))
    is_owed = table.flag("owed_in_opening_month")
    table.refuse_unknown()
    return MinimumTerms(
        monthly_micros=monthly_micros or 0,
        per=per or "account",
        is_owed_in_opening_month=bool(is_owed),
    )


def _read_pool(table: TomlTable | None) -> PoolTerms | None:
    if table is None:
        return None
    table.require("price", "valid_months")
    price_micros = table.amount_micros("price")
    granted_micros = table.amount_micros("yuan")
    minutes = table.whole("minutes", least=1, most=MINUTES_MAX)
    valid_months = table.whole("valid_months", least=1, most=MONTHS_MAX)
    restarts = table.flag("renewal_restarts_period")
    if ("yuan" in table) == ("minutes" in table):
        table.fault(None, "a pool grants either `yuan` or `minutes`")
    table.refuse_unknown()
    return PoolTerms(
        price_micros=price_micros or 0,
        granted_micros=granted_micros,
        granted_ms=None if minutes is None else minutes * _MINUTE_MS,
        valid_months=valid_months or 0,
        renewal_restarts_period=bool(restarts),
    )


def _read_prepaid(table: TomlTable | None) -> PrepaidTerms | None:
    if table is None:
        return None
    top_up_micros_min = table.amount_micros("top_up_min")
    minimum_months = table.whole("top_up_minimum_months", least=0, most=MONTHS_MAX)
    classes: list[PrepaidClass] = []
    for section in table.tables("class"):
        section.require("top_up_min", "price_per_minute")
        reached_micros = section.amount_micros("top_up_min")
        price_micros = section.amount_micros("price_per_minute")
        section.refuse_unknown()
        if reached_micros is None or price_micros is None:
            continue
        if classes and reached_micros <= classes[-1].top_up_micros_min:
            section.fault("top_up_min", "classes stand in ascending order of `top_up_min`")
        classes.append(
            PrepaidClass(top_up_micros_min=reached_micros, price_per_minute_micros=price_micros)
        )
    table.refuse_unknown()
    return PrepaidTerms(
        top_up_micros_min=top_up_micros_min or 0,
        top_up_minimum_months=minimum_months or 0,
        classes=tuple(classes),
    )
