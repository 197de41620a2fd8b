"""Rate plan versions flattened to the arrays the kernel reads.

A charge is an exact sum of fractions: ``price_micros / per_ms`` a millisecond, and another
fraction in each step. Here each rate gets one common denominator, so that the kernel adds whole
numbers only; a rate whose sums could leave 128 bits does not come through ``fits_kernel``.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd, lcm

from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.tariff.rate_plan import (
    AMOUNT_MICROS_MAX,
    DECIMALS_MAX,
    DURATION_MS_MAX,
    PARTIES,
    ROUNDINGS,
    Rate,
    RatePlanVersion,
)

# Longest billable quantity of one row: 24 hours need 2^27 ms; 2^40 units in thousandths need 2^50.
BILLABLE_MS_MAX = 2**50

# Numbers of the kernel's rows, field by field as in _fast/charge.pxd.
RATE_FIELDS = 9
STEP_FIELDS = 3

# A minimum or maximum that a rate does not have.
NO_LIMIT = -1

_CELLS_PER_VERSION = len(PARTIES) * len(RELATIONS) * len(NUMBER_KINDS) ** 2

# A weight is the price of one millisecond and a divisor that of one unit of the last decimal, both
# times the denominator. The time owed is at most one started increment beyond the billable time;
# the fee is owed on top. Rounding half up doubles a remainder, which is less than the divisor.
_WEIGHT_LIMIT = 2**62
_DIVISOR_LIMIT = 2**62
_SCALED_SUM_MAX = (
    BILLABLE_MS_MAX + DURATION_MS_MAX
) * _WEIGHT_LIMIT + AMOUNT_MICROS_MAX * _DIVISOR_LIMIT
assert _SCALED_SUM_MAX < 2**127
assert AMOUNT_MICROS_MAX * _DIVISOR_LIMIT < 2**127
assert 2 * _DIVISOR_LIMIT <= 2**63
# Positions within a call, and a started increment beyond them, are int64.
assert BILLABLE_MS_MAX + 2 * DURATION_MS_MAX < 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """All rates of all versions; the position of a version is its ``plan_version_index``.

    Attributes
    ----------
    rate_ids
        One a rate, and None after the last: what an absent rate is called.
    rates, steps
        Flat int64 rows of ``RATE_FIELDS`` and ``STEP_FIELDS`` numbers.
    rate_index
        int32 per (version, party, relation, calling kind, answering kind): the winning rate's
        position in ``rates``, -1 where none matches.
    is_split_rest, has_caller_rate
        uint8 a version, 0 or 1.
    """

    version_count: int
    rate_ids: tuple[str | None, ...]
    rates: memoryview
    steps: memoryview
    rate_index: memoryview
    is_split_rest: memoryview
    has_caller_rate: memoryview


def build_rate_table(versions: Sequence[RatePlanVersion]) -> RateTable:
    """Flatten rate plan versions, whose rates the reader of rate decks has let through.

    Notes
    -----
    Of the rates that match a call the winner names relation, then caller kind, then answering
    kind (domain rule 3).
    """
    rates: list[Rate] = []
    rate_index = array("i")
    for version in versions:
        rate_index.extend(_winning_rates(version.rates, first_index=len(rates)))
        rates.extend(version.rates)
    rate_rows, step_rows = array("q"), array("q")
    for rate in rates:
        rate_rows.extend(_rate_row(rate, first_step=len(step_rows) // STEP_FIELDS))
        step_rows.extend(_step_rows(rate))
    return RateTable(
        version_count=len(versions),
        rate_ids=(*(rate.rate_id for rate in rates), None),
        rates=memoryview(rate_rows.tobytes()).cast("q"),
        steps=memoryview(step_rows.tobytes()).cast("q"),
        rate_index=memoryview(rate_index.tobytes()).cast("i"),
        is_split_rest=memoryview(bytes(version.split == "rest" for version in versions)),
        has_caller_rate=memoryview(
            bytes(any(rate.party == "caller" for rate in version.rates) for version in versions)
        ),
    )


def fits_kernel(rate: Rate) -> bool:
    """Tell whether every sum of this rate, of any call within bounds, stays in 128 bits."""
    denominator = _denominator(rate)
    if denominator * 10**DECIMALS_MAX >= _DIVISOR_LIMIT:
        return False
    return all(weight < _WEIGHT_LIMIT for weight in _weights(rate, denominator))


def _winning_rates(rates: Sequence[Rate], *, first_index: int) -> "array[int]":
    """Fill the cells of one version, the least particular rates first."""
    cells = array("i", [-1]) * _CELLS_PER_VERSION
    order = sorted(range(len(rates)), key=lambda index: rates[index].precedence)
    for index in order:
        rate = rates[index]
        for cell in product(
            [PARTIES.index(rate.party)],
            _codes(rate.relation, RELATIONS),
            _codes(rate.calling_kind, NUMBER_KINDS),
            _codes(rate.answering_kind, NUMBER_KINDS),
        ):
            cells[_cell_index(*cell)] = first_index + index
    return cells


def _codes(name: str | None, names: Sequence[str]) -> Sequence[int]:
    return range(len(names)) if name is None else [names.index(name)]


def _cell_index(party: int, relation: int, calling_kind: int, answering_kind: int) -> int:
    kinds = len(NUMBER_KINDS)
    return ((party * len(RELATIONS) + relation) * kinds + calling_kind) * kinds + answering_kind


def _denominator(rate: Rate) -> int:
    """Find the least number that makes the price of a millisecond whole in every step."""
    return lcm(*(step.per_ms // gcd(step.per_ms, step.price_micros) for step in rate.steps))


def _weights(rate: Rate, denominator: int) -> list[int]:
    weights = []
    for step in rate.steps:
        weight, remainder = divmod(step.price_micros * denominator, step.per_ms)
        assert remainder == 0
        weights.append(weight)
    return weights


def _rate_row(rate: Rate, *, first_step: int) -> list[int]:
    # "none" keeps what a micro can hold, rounded half up like the default.
    is_plain = rate.rounding == "none"
    rounding = "half_up" if is_plain else rate.rounding
    unit_micros = 10 ** (DECIMALS_MAX - (DECIMALS_MAX if is_plain else rate.decimals))
    denominator = _denominator(rate)
    return [
        rate.connect_fee_micros,
        NO_LIMIT if rate.minimum_micros is None else rate.minimum_micros,
        NO_LIMIT if rate.maximum_micros is None else rate.maximum_micros,
        denominator,
        denominator * unit_micros,
        unit_micros,
        ROUNDINGS.index(rounding),
        first_step,
        first_step + len(rate.steps),
    ]


def _step_rows(rate: Rate) -> list[int]:
    assert fits_kernel(rate)
    # A step ends where the next begins; the last one beyond every call.
    ends_ms = [step.from_ms for step in rate.steps[1:]] + [BILLABLE_MS_MAX]
    rows = []
    for step, end_ms, weight in zip(
        rate.steps, ends_ms, _weights(rate, _denominator(rate)), strict=True
    ):
        rows += [end_ms, step.increment_ms, weight]
    return rows
