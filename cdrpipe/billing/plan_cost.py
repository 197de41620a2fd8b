"""What a plan on offer would have cost an account over some months, and how that grows with calls.

What its invoices say counts to the cent. A pool is added here, as invoices are paid from it and do
not name it: a pool of P yuan that grants G and lasts V months costs, over N months, the greater of

    P * N / V       its share of time, owed though nobody calls
    P * used / G    its share of use: more calls buy more pools

exactly, rounded to cents once. ``used`` is what the pool would pay for: charges behind included
minutes, or time in the plan's increments behind them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.break_even import CostShape, MonthShape, PoolShape
from cdrpipe.billing.invoice import Invoice
from cdrpipe.money import MICROS_PER_CENT, half_up
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.allowance import GrantedCall, TimeGrant, use_grants
from cdrpipe.tariff.rate_plan import PoolTerms, RatePlanVersion

# What a cost rests on beside its invoices.
POOL_PRO_RATA = "pool_pro_rata"
LOWEST_TOP_UP_CLASS = "lowest_top_up_class"
ONE_TIME_FEES_LEFT_OUT = "one_time_fees_left_out"

_FEE_KINDS = ("rental", "function_fee")
_POOL = "pool"
_ENDLESS_MS = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan version that can be bought; ``name`` is what the operator calls it."""

    name: str
    version: RatePlanVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMonth:
    """An account's month under an offer.

    ``invoice`` is None where nothing would be owed; ``pool_ms`` is the time that a pool of minutes
    would pay for, 0 under other plans.
    """

    invoice: Invoice | None
    pool_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMonths:
    """An account's months under an offer; ``numbers`` is how many it holds."""

    offer: Offer
    months: tuple[OfferMonth, ...]
    numbers: int
    unpriced_calls: int = 0

    @property
    def invoices(self) -> list[Invoice]:
        """Give the invoices of the months that owe anything."""
        return [month.invoice for month in self.months if month.invoice is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCost:
    """What a plan would have cost over all months.

    ``total_cents`` = fees + usage lines + allowance lines + minimum lines; with a pool: fees + pool
    + minimum lines. ``usage_micros`` sums the calls' charges, before anything paid for them.
    """

    offer: Offer
    total_cents: int
    average_cents: int  # a month
    fees_cents: int
    usage_micros: int
    minimum_cents: int
    pool_cents: int
    included_ms: int
    included_used_ms: int
    top_up_micros_min: int
    one_time_micros: int  # fees that are owed once, not in the total
    unpriced_calls: int
    assumptions: tuple[str, ...]

    @property
    def included_left_ms(self) -> int:
        """Give the included time that would have been void."""
        return self.included_ms - self.included_used_ms


def plan_cost(evaluated: OfferMonths) -> PlanCost:
    """Sum the months of an offer."""
    invoices, version = evaluated.invoices, evaluated.offer.version
    uses = [use for invoice in invoices for use in invoice.allowances]
    total_cents = sum(invoice.total_cents for invoice in invoices)
    pool_cents = 0
    if version.pool is not None:
        micros = _pool_micros(version.pool, evaluated)
        pool_cents = half_up(micros.numerator, micros.denominator * MICROS_PER_CENT)
        total_cents += pool_cents - sum(_cents(invoices, kind) for kind in ("usage", "allowance"))
    one_time_micros = version.activation_fee_micros
    one_time_micros += version.number_fee_micros * evaluated.numbers
    return PlanCost(
        offer=evaluated.offer,
        total_cents=total_cents,
        average_cents=half_up(total_cents, len(evaluated.months)),
        fees_cents=sum(_cents(invoices, kind) for kind in _FEE_KINDS),
        usage_micros=sum(invoice.usage_micros for invoice in invoices),
        minimum_cents=_cents(invoices, "minimum"),
        pool_cents=pool_cents,
        included_ms=sum(use.granted_ms for use in uses),
        included_used_ms=sum(use.used_ms for use in uses),
        top_up_micros_min=_top_up_micros_min(version),
        one_time_micros=one_time_micros,
        unpriced_calls=evaluated.unpriced_calls,
        assumptions=tuple(_assumptions(version, one_time_micros)),
    )


def cost_shape(evaluated: OfferMonths) -> CostShape:
    """Give how the cost of an offer grows with the account's calls."""
    version, pool = evaluated.offer.version, evaluated.offer.version.pool
    minimum_micros = 0
    if version.minimum is not None:
        owing = evaluated.numbers if version.minimum.per == "number" else 1
        minimum_micros = version.minimum.monthly_micros * owing
    months = tuple(_month_shape(month, minimum_micros) for month in evaluated.months)
    if pool is None:
        return CostShape(months=months)
    return CostShape(
        months=months,
        pool=PoolShape(
            least_micros=Fraction(pool.price_micros * len(months), pool.valid_months),
            price=Fraction(pool.price_micros, _granted(pool)),
            is_of_time=pool.granted_ms is not None,
        ),
    )


def pooled_ms(
    calls: Iterable[GrantedCall],
    *,
    included_ms: int,
    cycle: BillCycle,
    calendars: Mapping[str, Calendar],
) -> int:
    """Sum the time of a month's calls that a pool of minutes pays for, behind included time."""
    use = use_grants(
        calls,
        allowance=_grant("allowance", included_ms, cycle),
        pools=[_grant(_POOL, _ENDLESS_MS, cycle)],
        calendars=calendars,
    )
    return _ENDLESS_MS - use.left_ms[_POOL]


def _pool_micros(pool: PoolTerms, evaluated: OfferMonths) -> Fraction:
    used = (
        sum(month.pool_ms for month in evaluated.months)
        if pool.granted_ms is not None
        else sum(
            invoice.usage_micros + sum(use.micros for use in invoice.allowances)
            for invoice in evaluated.invoices
        )
    )
    return max(
        Fraction(pool.price_micros * len(evaluated.months), pool.valid_months),
        Fraction(pool.price_micros * used, _granted(pool)),
    )


def _granted(pool: PoolTerms) -> int:
    granted = pool.granted_micros if pool.granted_ms is None else pool.granted_ms
    assert granted, "a pool grants yuan or minutes"
    return granted


def _month_shape(month: OfferMonth, minimum_micros: int) -> MonthShape:
    invoice = month.invoice
    if invoice is None:
        return MonthShape(minimum_micros=minimum_micros)
    included_ms = sum(use.granted_ms for use in invoice.allowances)
    used_ms = sum(use.used_ms for use in invoice.allowances)
    taken_off_micros = -sum(use.micros for use in invoice.allowances)
    time_ms = used_ms + month.pool_ms
    if taken_off_micros and not month.pool_ms:
        # Included time that is used up does not say how long the other calls are: at its price.
        time_ms = half_up(used_ms * invoice.usage_micros, taken_off_micros)
    return MonthShape(
        fees_micros=sum(_cents([invoice], kind) for kind in _FEE_KINDS) * MICROS_PER_CENT,
        minimum_micros=minimum_micros,
        included_ms=included_ms,
        time_ms=time_ms,
        usage_micros=invoice.usage_micros,
    )


def _grant(grant_id: str, left_ms: int, cycle: BillCycle) -> TimeGrant:
    return TimeGrant(
        grant_id=grant_id,
        left_ms=left_ms,
        valid_from_us=cycle.from_us,
        valid_until_us=cycle.until_us,
    )


def _cents(invoices: Iterable[Invoice], kind: str) -> int:
    return sum(invoice.subtotal_cents(kind) for invoice in invoices)


def _top_up_micros_min(version: RatePlanVersion) -> int:
    """Give the least that may be topped up at once; 0 where the plan says nothing of it."""
    prepaid = version.prepaid
    if prepaid is None:
        return 0
    minimum_micros = version.minimum.monthly_micros if version.minimum else 0
    return max(prepaid.top_up_micros_min, prepaid.top_up_minimum_months * minimum_micros)


def _assumptions(version: RatePlanVersion, one_time_micros: int) -> Iterable[str]:
    if version.pool is not None:
        yield POOL_PRO_RATA
    if version.prepaid is not None and version.prepaid.classes:
        yield LOWEST_TOP_UP_CLASS
    if one_time_micros:
        yield ONE_TIME_FEES_LEFT_OUT
