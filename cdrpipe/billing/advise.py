"""Which plan an account should buy: its real months under every plan on offer, cheapest first.

Each plan is taken as if the account had been on it alone, with all its numbers, for long: no
opening month, no fees that are owed once. A plan with prices by top-up is taken at its own prices,
the lowest class's. ``plan_cost.py`` says what a plan costs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.break_even import break_even
from cdrpipe.billing.invoice import Invoice
from cdrpipe.billing.plan_cost import Offer, OfferMonths, PlanCost, cost_shape, plan_cost
from cdrpipe.billing.what_if import ALWAYS_US
from cdrpipe.guiding.ownership import Ownership, Subscription, is_in_force_at
from cdrpipe.money import half_up
from cdrpipe.tariff.rate_plan import RatePlanVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPlan:
    """A plan among the others.

    ``difference_cents`` is to what the account did owe. ``cheaper_below_ms`` and
    ``cheaper_above_ms``: the billable time a month below, or above, which this plan would be
    cheaper than the cheapest one; None: never, or not known.
    """

    cost: PlanCost
    is_current: bool
    difference_cents: int
    cheaper_below_ms: int | None = None
    cheaper_above_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Plans for an account, the cheapest first; those that cannot price every call stand last.

    ``actual_cents`` is what the previews of these months say, whatever they were paid from.
    """

    account_id: str
    account_name: str
    months: tuple[str, ...]
    calls: int
    billable_ms: int
    actual_cents: int
    plans: tuple[RankedPlan, ...]

    @property
    def cheapest(self) -> RankedPlan | None:
        """Give the plan to buy; None where no plan prices every call."""
        return next((plan for plan in self.plans if not plan.cost.unpriced_calls), None)


def offers_at(plan_versions: Iterable[RatePlanVersion], at_us: int) -> list[Offer]:
    """Give what is on offer at an instant: of each plan the highest version in force."""
    highest: dict[str, RatePlanVersion] = {}
    for version in plan_versions:
        known = highest.get(version.plan_id)
        if is_in_force_at(version, at_us) and (known is None or known.version < version.version):
            highest[version.plan_id] = version
    return [Offer(name=plan_id, version=highest[plan_id]) for plan_id in sorted(highest)]


def established_on(offer: Offer, *, account_id: str) -> Subscription:
    """Give the subscription that puts all of an account's numbers on an offer, for ever."""
    return Subscription(
        subscription_id=f"advise {offer.name}",
        account_id=account_id,
        plan_id=offer.version.plan_id,
        service_number=None,
        valid_from_us=ALWAYS_US,
        valid_until_us=None,
    )


def numbers_held(ownerships: Iterable[Ownership], cycles: Sequence[BillCycle]) -> int:
    """Count the numbers that are held in any of the months."""
    first_us, until_us = cycles[0].from_us, cycles[-1].until_us
    return len(
        {
            each.service_number
            for each in ownerships
            if each.valid_from_us < until_us
            and (each.valid_until_us is None or each.valid_until_us > first_us)
        }
    )


def advise(
    evaluated: Iterable[OfferMonths],
    *,
    actual: Sequence[Invoice],
    account_id: str,
    account_name: str,
    months: Sequence[str],
) -> Advice:
    """Rank offers by what they would have cost.

    Parameters
    ----------
    evaluated
        Every offer over the same months.
    actual
        What the account did owe in them.
    months
        None: nothing was evaluated, and there are no plans.
    """
    costs = [(plan_cost(each), each) for each in evaluated]
    costs.sort(key=lambda pair: (pair[0].unpriced_calls, pair[0].total_cents, pair[0].offer.name))
    actual_cents = sum(invoice.total_cents for invoice in actual)
    bought = {line.plan_id for invoice in actual for line in invoice.lines}
    lines = [line for invoice in actual for line in invoice.lines if line.kind == "usage"]
    ms_a_month = Fraction(sum(line.billable_ms for line in lines), len(months) or 1)
    return Advice(
        account_id=account_id,
        account_name=account_name,
        months=tuple(months),
        calls=sum(line.calls for line in lines),
        billable_ms=sum(line.billable_ms for line in lines),
        actual_cents=actual_cents,
        plans=tuple(
            RankedPlan(
                cost=cost,
                is_current=cost.offer.name in bought,
                difference_cents=cost.total_cents - actual_cents,
                **_turns(costs[0][1], each, ms_a_month),
            )
            for cost, each in costs
        ),
    )


def _turns(best: OfferMonths, other: OfferMonths, ms_a_month: Fraction) -> dict[str, int | None]:
    """Say at which time a month an offer becomes cheaper than the best one."""
    if best is other or best.unpriced_calls or other.unpriced_calls or not ms_a_month:
        return {}
    turns = break_even(cost_shape(best), cost_shape(other))
    return {
        "cheaper_below_ms": _ms_at(turns.below, ms_a_month),
        "cheaper_above_ms": _ms_at(turns.above, ms_a_month),
    }


def _ms_at(scale: Fraction | None, ms_a_month: Fraction) -> int | None:
    if scale is None:
        return None
    time_ms = scale * ms_a_month
    return half_up(time_ms.numerator, time_ms.denominator)
