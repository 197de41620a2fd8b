"""THE rule: what a call costs, one call at a time and in exact fractions.

``_fast/charge.pyx`` is this rule compiled; ``rate_batch.py`` applies that to whole columns.

Source: domain rules 2 (split), 3 (one charge), 4 (zero and continuations), 5 (borders swallow).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.money import CHARGE_MICROS_LIMIT
from cdrpipe.tariff.rate_plan import DECIMALS_MAX, Rate, RatePlanVersion, RateStep

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCharges:
    """Both parties' charges of one call, or the reason for which it has none.

    A rate that was found stays named on a suspended call.
    """

    enterprise_charge_micros: int | None
    caller_charge_micros: int | None
    enterprise_rate: Rate | None
    caller_rate: Rate | None
    reason: SuspenseReason | None = None


def charge_call(
    version: RatePlanVersion,
    *,
    relation: str,
    calling_kind: str,
    answering_kind: str,
    enterprise_billable_ms: int,
    caller_billable_ms: int,
    is_continuation: bool = False,
) -> CallCharges:
    """Price one call for both parties.

    A plan that prices no caller's share at all owes the caller's 0 and names no rate for it.
    """
    enterprise_rate, caller_rate = (
        select_rate(
            version,
            party=party,
            relation=relation,
            calling_kind=calling_kind,
            answering_kind=answering_kind,
        )
        for party in ("enterprise", "caller")
    )
    reason = None
    total = own = 0
    if enterprise_rate is None:
        reason = SuspenseReason.RATE_NOT_FOUND
    elif caller_rate is None and any(rate.party == "caller" for rate in version.rates):
        reason = SuspenseReason.CALLER_RATE_NOT_FOUND
    else:
        total = charge(enterprise_rate, enterprise_billable_ms, is_continuation=is_continuation)
        if caller_rate is not None:
            own = charge(caller_rate, caller_billable_ms, is_continuation=is_continuation)
        if max(total, own) >= CHARGE_MICROS_LIMIT:
            reason = SuspenseReason.CHARGE_TOO_LARGE
    enterprise, caller = split_charges(
        version.split, enterprise_rate_micros=total, caller_rate_micros=own
    )
    return CallCharges(
        enterprise_charge_micros=None if reason else enterprise,
        caller_charge_micros=None if reason else caller,
        enterprise_rate=enterprise_rate,
        caller_rate=caller_rate,
        reason=reason,
    )


def select_rate(
    version: RatePlanVersion, *, party: str, relation: str, calling_kind: str, answering_kind: str
) -> Rate | None:
    """Find the rate that wins among those that match; None where none does.

    The winner names the relation, then the caller kind, then the answering kind. Where nobody was
    bridged ``answering_kind`` is "none", and a rate that names another one does not match.
    """
    call = (relation, calling_kind, answering_kind)
    matching = [
        rate
        for rate in version.rates
        if rate.party == party
        and all(named in (None, actual) for named, actual in zip(rate.match, call, strict=True))
    ]
    return max(matching, key=lambda rate: rate.precedence, default=None)


def charge(rate: Rate, billable_ms: int, *, is_continuation: bool = False) -> int:
    """Price one party's share of one call, in micros.

    1. No time, no charge: neither fee nor minimum is owed.
    2. The exact price of all started increments.
    3. The connect fee, unless the call is a continuation.
    4. At most the maximum, at least the minimum.
    5. Rounded once.

    The result may be ``CHARGE_MICROS_LIMIT`` or more; such a call is suspended.
    """
    assert billable_ms >= 0
    if billable_ms == 0:  # 1.
        return 0
    amount_micros = price_of_time(rate.steps, billable_ms)  # 2.
    if not is_continuation:  # 3.
        amount_micros += rate.connect_fee_micros
    if rate.maximum_micros is not None:  # 4.
        amount_micros = min(amount_micros, Fraction(rate.maximum_micros))
    if rate.minimum_micros is not None:
        amount_micros = max(amount_micros, Fraction(rate.minimum_micros))
    return round_once(amount_micros, rate.rounding, rate.decimals)  # 5.


def price_of_time(steps: Sequence[RateStep], billable_ms: int) -> Fraction:
    """Add the price of every started increment, exactly, in micros.

    An increment belongs whole to the step in which it begins: it swallows what lies behind the
    border, and the next piece begins where it ended. A step that is swallowed whole costs nothing.

    Notes
    -----
    Cost: one division a step, however long the call.
    """
    amount_micros = Fraction(0)
    position_ms = 0
    ends_ms = [*(step.from_ms for step in steps[1:]), billable_ms]
    for step, end_ms in zip(steps, ends_ms, strict=True):
        left_ms = min(end_ms, billable_ms) - position_ms
        if left_ms > 0:
            # Ceil, not round: a started increment is owed in full.
            owed_ms = ceil(Fraction(left_ms, step.increment_ms)) * step.increment_ms
            amount_micros += Fraction(owed_ms * step.price_micros, step.per_ms)
            position_ms += owed_ms
    return amount_micros


def round_once(amount_micros: Fraction, rounding: str, decimals: int) -> int:
    """Round an exact amount to ``decimals`` of a yuan; "none" keeps the micro, half up.

    >>> round_once(Fraction(122_050), "half_up", 4), round_once(Fraction(122_050), "half_even", 4)
    (122100, 122000)
    """
    if rounding == "none":
        rounding, decimals = "half_up", DECIMALS_MAX
    unit_micros: int = 10 ** (DECIMALS_MAX - decimals)
    units = amount_micros / unit_micros
    match rounding:
        case "up":
            return ceil(units) * unit_micros
        case "half_up":
            return floor(units + _HALF) * unit_micros
        case "half_even":
            return round(units) * unit_micros
        case "down":
            return floor(units) * unit_micros
    raise AssertionError(f"unknown rounding {rounding}")


def split_charges(
    split: str, *, enterprise_rate_micros: int, caller_rate_micros: int
) -> tuple[int, int]:
    """Share out what the two rates make: (enterprise's charge, caller's charge).

    Under "rest" the enterprise's rate makes the total: the caller pays no more than that, and the
    enterprise pays the rest of it.
    """
    if split == "independent":
        return enterprise_rate_micros, caller_rate_micros
    caller_micros = min(caller_rate_micros, enterprise_rate_micros)
    return enterprise_rate_micros - caller_micros, caller_micros
