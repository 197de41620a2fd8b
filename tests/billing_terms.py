"""A plan without prices, a subscription to it, and what it owes in October 2026."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.month_terms import MonthTerms, terms_of_month
from cdrpipe.guiding.ownership import Subscription
from cdrpipe.tariff.rate_plan import RatePlanVersion

OCTOBER = bill_cycle("2026-10")
PLAN = RatePlanVersion(
    plan_id="p",
    version=1,
    name="P",
    tz="Asia/Shanghai",
    valid_from_us=0,
    valid_until_us=None,
    split="independent",
    rates=(),
    monthly_rental_micros=300_000_000,
)
SUBSCRIPTION = Subscription(
    subscription_id="s1",
    account_id="A1",
    plan_id="p",
    service_number=None,
    valid_from_us=0,
    valid_until_us=None,
)


def us(year: int, month: int, day: int, hour: int = 0) -> int:
    """Give an instant of UTC in microseconds."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp()) * 1_000_000


def terms_of(*subscriptions: Subscription, plan: RatePlanVersion = PLAN) -> list[MonthTerms]:
    """Give what subscriptions owe in October 2026."""
    return terms_on(subscriptions, [plan])


def terms_on(
    subscriptions: Sequence[Subscription], plans: Sequence[RatePlanVersion]
) -> list[MonthTerms]:
    """Give what subscriptions to several plans owe in October 2026."""
    return terms_of_month(subscriptions, plans, cycle=OCTOBER)
