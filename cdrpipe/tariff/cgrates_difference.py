"""Where an imported CGRateS tariff plan means something else than it did, and on which lines.

Source: CGRateS v0.10 and v0.11, whose rating rounds each increment, cuts a call at an activation
and reads a number without a unit as nanoseconds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cdrpipe.money import MICROS_PER_YUAN, half_up
from cdrpipe.tariff.cgrates_cells import ANY
from cdrpipe.tariff.cgrates_parts import DISCONNECT, FREE, PlanParts, Tier
from cdrpipe.tariff.cgrates_table import FORMS, Row
from cdrpipe.tariff.rate_plan import DECIMALS_MAX

# Decimals that CGRateS rounds an increment's price to, as it is shipped.
CGRATES_DECIMALS = 5

_STEP_MICROS = MICROS_PER_YUAN // 10**CGRATES_DECIMALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One way in which calls may cost something else, or be found otherwise, than in CGRateS.

    ``places`` are the lines it comes from, ``file:line``; empty where it holds for the whole plan.
    """

    code: str
    message: str
    places: tuple[str, ...]


def find_differences(
    parts: PlanParts, tables: Mapping[str, Sequence[Row]], *, files: Iterable[str], tz: str
) -> tuple[Difference, ...]:
    """List what differs in meaning, the farthest-reaching first.

    Parameters
    ----------
    files
        Names of all CSV files beside the six; those are not read.
    tz
        Zone that the imported bands are read in.
    """
    return (
        *_of_whole_plan(parts, tz),
        *_of_tiers(parts),
        *_of_rows(tables),
        *_of_profiles(parts, tables["RatingProfiles.csv"]),
        *_of_destinations(parts),
        *_of_files(files),
    )


def _of_whole_plan(parts: PlanParts, tz: str) -> Iterator[Difference]:
    yield Difference(
        code="SUM_ROUNDED_ONCE",
        message=f"CGRateS rounds the price of every increment to {CGRATES_DECIMALS} decimals, adds "
        "those up and rounds the sum; here increments are added exactly and rounded once",
        places=(),
    )
    yield Difference(
        code="DIALLED_NUMBER_MATCHED",
        message="prefixes are held against the number dialled, in the form of `service_number` "
        "(landlines with area code, +… for abroad, any other text as it is)",
        places=(),
    )
    yield Difference(
        code="ENTERPRISE_PAYS",
        message="every price is the enterprise's; the caller's share is 0",
        places=(),
    )
    if any(not timing.is_always for timing in parts.timings.values()):
        yield Difference(
            code="ONE_TIME_ZONE",
            message="CGRateS reads timings in the zone of each call's time stamps (of its host "
            f"where they carry none); here they are read in {tz}",
            places=(),
        )


def _of_tiers(parts: PlanParts) -> Iterator[Difference]:
    tiers = [tier for group in parts.tiers.values() for tier in group]
    off = [(tier, share) for tier in tiers if (share := _rounding_share(tier))]
    if off:
        low, high = min(share for _, share in off), max(share for _, share in off)
        yield Difference(
            code="INCREMENT_WAS_ROUNDED",
            message=f"an increment's price has more than {CGRATES_DECIMALS} decimals: CGRateS "
            f"charged these steps from {_percent(low)} to {_percent(high)} off the tariff",
            places=_places(tier.row for tier, _ in off),
        )
    later_fees = [
        tier
        for group in parts.tiers.values()
        for tier in group[1:]
        if tier.connect_fee_micros and tier.connect_fee_micros != group[0].connect_fee_micros
    ]
    if later_fees:
        yield Difference(
            code="LATER_FEE_NOT_OWED",
            message="a connect fee in a later row of a rate is never charged, there and here; it "
            "is left out",
            places=_places(tier.row for tier in later_fees),
        )
    quantities = [tier for tier in tiers if tier.is_quantity]
    if quantities:
        yield Difference(
            code="NUMBER_WITHOUT_UNIT",
            message="a number without a unit counts units (messages, bytes), a second for a call; "
            "CGRateS takes it as nanoseconds",
            places=_places(tier.row for tier in quantities),
        )


def _of_rows(tables: Mapping[str, Sequence[Row]]) -> Iterator[Difference]:
    destination_rates = tables["DestinationRates.csv"]
    yield from _found(
        "DISCONNECT_NOT_APPLIED",
        "*disconnect ends live calls at the maximum cost; a call that is over is charged in full",
        destination_rates,
        lambda row: row["max_cost_strategy"] == DISCONNECT,
    )
    yield from _found(
        "MAXIMUM_CAPS_CALL",
        "the maximum caps the whole call, fee included; CGRateS adds running sums over tiers and "
        "can reach it too early",
        destination_rates,
        lambda row: row["max_cost_strategy"] == FREE,
    )
    yield from _found(
        "ZERO_DECIMALS_UNROUNDED",
        "0 decimals mean no rounding to CGRateS: kept as rounding none, six decimals",
        destination_rates,
        lambda row: int(row["rounding_decimals"] or 0) == 0,
    )
    yield from _found(
        "MICRO_IS_FINEST",
        f"more than {DECIMALS_MAX} decimals are kept as {DECIMALS_MAX}",
        destination_rates,
        lambda row: int(row["rounding_decimals"] or 0) > DECIMALS_MAX,
    )
    yield from _found(
        "BAND_ENDS_BEFORE_END",
        "the end of a timing is outside it; CGRateS counts that one instant in (23:59:59 is taken "
        "for the end of the day)",
        tables["Timings.csv"],
        lambda row: ";" in row["time"],
    )


def _of_profiles(parts: PlanParts, profiles: Sequence[Row]) -> Iterator[Difference]:
    later = [
        activation.row for of_subject in parts.activations.values() for activation in of_subject[1:]
    ]
    if later:
        yield Difference(
            code="CALL_NOT_CUT_AT_ACTIVATION",
            message="CGRateS cuts a call where the next rating plan takes over; here the version "
            "in force when billing starts prices the whole call",
            places=_places(later),
        )
    yield from _found(
        "ANY_SUBJECT_IS_A_PLAN",
        "subject *any becomes a plan like the others: accounts that have none of their own must be "
        "subscribed to it",
        profiles,
        lambda row: row["subject"] == ANY,
    )
    yield from _found(
        "FALLBACK_NOT_FOLLOWED",
        "fallback subjects are not followed: a call without a rate in its plan is suspended",
        profiles,
        lambda row: row["fallback_subjects"] != "",
    )
    used = {
        activation.rating_plan_id
        for of_subject in parts.activations.values()
        for activation in of_subject
    }
    unused = [bindings[0].row for name, bindings in parts.bindings.items() if name not in used]
    if unused:
        yield Difference(
            code="RATING_PLAN_UNUSED",
            message="a rating plan that no rating profile names is left out",
            places=_places(unused),
        )


def _of_destinations(parts: PlanParts) -> Iterator[Difference]:
    """Find rating plans that price one prefix by several destinations."""
    rows: dict[str, Row] = {}
    for bindings in parts.bindings.values():
        destination_of: dict[str, str] = {}
        for binding in bindings:
            for price in parts.destination_rates[binding.destination_rates_id]:
                for prefix in parts.prefixes.get(price.destination_id, ()):
                    if destination_of.setdefault(prefix, price.destination_id) != (
                        price.destination_id
                    ):
                        rows[binding.row.where] = binding.row
    if rows:
        yield Difference(
            code="PREFIX_IN_TWO_DESTINATIONS",
            message="a prefix stands in two destinations of one rating plan: CGRateS takes one of "
            "the two with all its timings, here the timings of both are ranked together",
            places=_places(rows.values()),
        )


def _of_files(files: Iterable[str]) -> Iterator[Difference]:
    others = sorted(name for name in files if name not in FORMS)
    if others:
        yield Difference(
            code="FILE_NOT_READ",
            message="only the six files of a tariff are read: accounts, balances and free minutes, "
            "rate profiles with their blockers, and filters are not",
            places=tuple(others),
        )


def _found(
    code: str, message: str, rows: Sequence[Row], holds: Callable[[Row], bool]
) -> Iterator[Difference]:
    found = [row for row in rows if holds(row)]
    if found:
        yield Difference(code=code, message=message, places=_places(found))


def _places(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(row.where for row in sorted(rows, key=lambda row: (row.file, row.line)))


def _rounding_share(tier: Tier) -> Fraction:
    """Give by how much, as a share of the price, CGRateS was off in each increment."""
    step = tier.step
    exact = Fraction(step.price_micros * step.increment_ms, step.per_ms)
    if exact == 0:
        return Fraction(0)
    rounded = half_up(exact.numerator, exact.denominator * _STEP_MICROS) * _STEP_MICROS
    return Fraction(rounded) / exact - 1


def _percent(share: Fraction) -> str:
    hundredths = half_up(share.numerator * 10_000, share.denominator)
    return f"{hundredths / 100:+.2f} %"
