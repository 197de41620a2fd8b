"""The rows of a CGRateS tariff plan, read: destinations, timings, rates and what binds them.

Every fault of every row is noted with its line. An identifier that leads nowhere is a fault of the
row that names it; what nobody names is no fault.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from cdrpipe.tariff.cgrates_cells import (
    ANY,
    Span,
    kept_decimals,
    read_activation,
    read_amount_micros,
    read_day_time,
    read_decimals,
    read_number,
    read_numbers,
    read_price,
    read_span,
    read_weekdays,
)
from cdrpipe.tariff.cgrates_table import PlanFaults, Row
from cdrpipe.tariff.day_set import YEAR_MAX, YEAR_MIN
from cdrpipe.tariff.rate_plan import DAY_MS, STEPS_MAX, Rate, RateStep
from cdrpipe.tariff.rate_table import fits_kernel

FREE, DISCONNECT = "*free", "*disconnect"

# CGRateS takes a unit or an increment of 0 for a second.
_SECOND_MS = 1_000

# What a rate plan has where the rounding is none; it means nothing there.
_NO_DECIMALS = 4

_ROUNDINGS = {"*up": "up", "*middle": "half_up", "*down": "down", "": "none"}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a price holds: lists that are None hold for any, times are ms since midnight."""

    timing_id: str
    years: tuple[int, ...] | None = None
    months: tuple[int, ...] | None = None
    month_days: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None
    from_ms: int = 0
    until_ms: int = DAY_MS

    @property
    def days(self) -> tuple[tuple[int, ...] | None, ...]:
        """Give the lists that a day must match."""
        return self.years, self.months, self.month_days, self.weekdays

    @property
    def names_days(self) -> bool:
        """Tell whether it holds on some days only."""
        return any(listed is not None for listed in self.days)

    @property
    def is_always(self) -> bool:
        """Tell whether it holds at every instant."""
        return not self.names_days and self.from_ms == 0 and self.until_ms == DAY_MS


ALWAYS = Timing(timing_id=ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One row of a rate: its step, and what the reader of it wants to say about it."""

    row: Row
    connect_fee_micros: int
    step: RateStep
    is_quantity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRate:
    """What a destination costs."""

    row: Row
    destination_id: str
    rates_id: str
    rounding: str
    decimals: int
    maximum_micros: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """When some destination rates hold, and how they rank."""

    row: Row
    destination_rates_id: str
    timing_id: str
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """The instant from which a subject is on a rating plan."""

    row: Row
    at: datetime
    rating_plan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanParts:
    """All of a tariff plan, each by the identifier that others name it by."""

    prefixes: Mapping[str, Sequence[str]]
    timings: Mapping[str, Timing]
    tiers: Mapping[str, Sequence[Tier]]  # ascending, the first from 0
    destination_rates: Mapping[str, Sequence[DestinationRate]]
    bindings: Mapping[str, Sequence[Binding]]
    activations: Mapping[tuple[str, str, str], Sequence[Activation]]  # ascending


def read_parts(tables: Mapping[str, Sequence[Row]], tz: ZoneInfo, faults: PlanFaults) -> PlanParts:
    """Read all rows; what has a fault is left out, and its fault noted."""
    prefixes: dict[str, list[str]] = {}
    for row in tables["Destinations.csv"]:
        if not row["prefix"]:
            faults.add(row, "the prefix is empty")
        prefixes.setdefault(row["id"], []).append(row["prefix"])
    parts = PlanParts(
        prefixes=prefixes,
        timings=_timings(tables["Timings.csv"], faults),
        tiers=_tiers(tables["Rates.csv"], faults),
        destination_rates=_grouped(tables["DestinationRates.csv"], _destination_rate, faults),
        bindings=_grouped(tables["RatingPlans.csv"], _binding, faults),
        activations=_activations(tables["RatingProfiles.csv"], tz, faults),
    )
    _check_references(parts, tables, faults)
    return parts


def _read(
    row: Row, column: str, read: Callable[[str], _T], faults: PlanFaults, *, otherwise: _T
) -> _T:
    """Read one cell, or note its fault and go on with something harmless."""
    try:
        return read(row[column])
    except ValueError as error:
        faults.add(row, f"{column}: {error}")
        return otherwise


def _grouped(
    rows: Sequence[Row], read: Callable[[Row, PlanFaults], _T], faults: PlanFaults
) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for row in rows:
        groups.setdefault(row["id"], []).append(read(row, faults))
    return groups


def _timings(rows: Sequence[Row], faults: PlanFaults) -> dict[str, Timing]:
    timings = {ANY: ALWAYS}
    for row in rows:
        if row["id"] in timings:
            faults.add(row, f'timing "{row["id"]}" is defined before')
        timings[row["id"]] = _timing(row, faults)
    return timings


def _timing(row: Row, faults: PlanFaults) -> Timing:
    def numbers(column: str, least: int, most: int) -> tuple[int, ...] | None:
        def read(text: str) -> tuple[int, ...] | None:
            return read_numbers(text, least=least, most=most)

        return _read(row, column, read, faults, otherwise=None)

    from_ms, until_ms = _read(row, "time", read_day_time, faults, otherwise=(0, DAY_MS))
    return Timing(
        timing_id=row["id"],
        years=numbers("years", YEAR_MIN, YEAR_MAX),
        months=numbers("months", 1, 12),
        month_days=numbers("month_days", 1, 31),
        weekdays=_read(row, "weekdays", read_weekdays, faults, otherwise=None),
        from_ms=from_ms,
        until_ms=until_ms,
    )


def _tiers(rows: Sequence[Row], faults: PlanFaults) -> dict[str, list[Tier]]:
    groups = _grouped(rows, _tier, faults)
    for rates_id, tiers in groups.items():
        # The fee is that of the first row, wherever in the call that row's tier begins.
        fee_micros = tiers[0].connect_fee_micros
        tiers.sort(key=lambda tier: tier.step.from_ms)
        tiers[0] = replace(tiers[0], connect_fee_micros=fee_micros)
        starts = [tier.step.from_ms for tier in tiers]
        if starts[0] != 0:
            faults.add(tiers[0].row, f'rate "{rates_id}" has no row that begins at 0s')
        elif len(set(starts)) < len(starts):
            faults.add(tiers[-1].row, f'two rows of rate "{rates_id}" begin at the same time')
        elif len(tiers) > STEPS_MAX:
            faults.add(tiers[-1].row, f"expected at most {STEPS_MAX} rows of a rate")
        elif not fits_kernel(_plain_rate(tiers)):
            faults.add(
                tiers[0].row,
                f'the units of rate "{rates_id}" have no common multiple small enough to add '
                "its prices exactly",
            )
    return groups


def _plain_rate(tiers: Sequence[Tier]) -> Rate:
    return Rate(rate_id="", party="enterprise", steps=tuple(tier.step for tier in tiers))


def _tier(row: Row, faults: PlanFaults) -> Tier:
    second = read_span("1s")
    unit = _read(row, "rate_unit", _read_span_or_second, faults, otherwise=second)
    increment = _read(row, "increment", _read_span_or_second, faults, otherwise=second)
    start = _read(row, "from", _read_span_or_none, faults, otherwise=read_span("0s"))

    def price(text: str) -> tuple[int, int]:
        return read_price(text, unit.ms)

    price_micros, per_ms = _read(row, "rate", price, faults, otherwise=(0, _SECOND_MS))
    return Tier(
        row=row,
        connect_fee_micros=_read(row, "connect_fee", read_amount_micros, faults, otherwise=0),
        step=RateStep(
            from_ms=start.ms, price_micros=price_micros, per_ms=per_ms, increment_ms=increment.ms
        ),
        is_quantity=unit.is_quantity or increment.is_quantity,
    )


def _read_span_or_none(text: str) -> Span:
    return read_span(text or "0s")


def _read_span_or_second(text: str) -> Span:
    span = _read_span_or_none(text)
    return span if span.ms else replace(span, ms=_SECOND_MS)


def _destination_rate(row: Row, faults: PlanFaults) -> DestinationRate:
    decimals = _read(row, "rounding_decimals", read_decimals, faults, otherwise=0)
    method = row["rounding_method"]
    if method not in _ROUNDINGS:
        faults.add(row, f'rounding_method: expected *up, *middle or *down, got "{method}"')
    maximum_micros = _read(row, "max_cost", read_amount_micros, faults, otherwise=0)
    strategy = row["max_cost_strategy"]
    if strategy not in ("", FREE, DISCONNECT):
        faults.add(row, f'max_cost_strategy: expected *free or *disconnect, got "{strategy}"')
    # No decimals are no rounding in CGRateS, not whole units of money.
    rounding = _ROUNDINGS.get(method, "none") if decimals else "none"
    return DestinationRate(
        row=row,
        destination_id=row["destination_id"],
        rates_id=row["rates_id"],
        rounding=rounding,
        decimals=_NO_DECIMALS if rounding == "none" else kept_decimals(decimals),
        maximum_micros=maximum_micros if maximum_micros and strategy == FREE else None,
    )


def _binding(row: Row, faults: PlanFaults) -> Binding:
    return Binding(
        row=row,
        destination_rates_id=row["destination_rates_id"],
        timing_id=row["timing_id"],
        weight=_read(row, "weight", read_number, faults, otherwise=Decimal(0)),
    )


def _activations(
    rows: Sequence[Row], tz: ZoneInfo, faults: PlanFaults
) -> dict[tuple[str, str, str], list[Activation]]:
    profiles: dict[tuple[str, str, str], list[Activation]] = {}

    def instant(text: str) -> datetime:
        return read_activation(text, tz)

    for row in rows:
        at = _read(row, "activation_time", instant, faults, otherwise=None)
        if at is None:
            continue
        of_subject = profiles.setdefault((row["tenant"], row["category"], row["subject"]), [])
        if any(other.at == at for other in of_subject):
            faults.add(row, "another row of the same subject has the same activation time")
        of_subject.append(Activation(row=row, at=at, rating_plan_id=row["rating_plan_id"]))
    for of_subject in profiles.values():
        of_subject.sort(key=lambda activation: activation.at)
    return profiles


def _check_references(
    parts: PlanParts, tables: Mapping[str, Sequence[Row]], faults: PlanFaults
) -> None:
    destinations = {ANY, *parts.prefixes}
    for file, column, known in (
        ("DestinationRates.csv", "destination_id", destinations),
        ("DestinationRates.csv", "rates_id", parts.tiers),
        ("RatingPlans.csv", "destination_rates_id", parts.destination_rates),
        ("RatingPlans.csv", "timing_id", parts.timings),
        ("RatingProfiles.csv", "rating_plan_id", parts.bindings),
    ):
        for row in tables[file]:
            if row[column] not in known:
                faults.add(row, f'{column}: there is no "{row[column]}"')
