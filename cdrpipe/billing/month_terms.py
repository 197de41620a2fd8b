"""The terms that each subscription owes in a month: one plan version's, for the whole month."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.guiding.ownership import Subscription
from cdrpipe.tariff.rate_plan import RatePlanVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTerms:
    """A subscription that is active in a month, and the plan version whose terms it owes then."""

    subscription: Subscription
    version: RatePlanVersion
    is_opening_month: bool  # the subscription begins in the month

    @property
    def service_number(self) -> str:
        """Give the number that the subscription is for, "" where it is for all of the account."""
        return self.subscription.service_number or ""


def terms_of_month(
    subscriptions: Iterable[Subscription],
    plan_versions: Sequence[RatePlanVersion],
    *,
    cycle: BillCycle,
) -> list[MonthTerms]:
    """Find the terms of every subscription that is active in the month, in the order given."""
    versions_of: dict[str, list[RatePlanVersion]] = defaultdict(list)
    for version in plan_versions:
        versions_of[version.plan_id].append(version)
    terms = []
    for subscription in subscriptions:
        version_owed = version_of_month(
            subscription, versions_of.get(subscription.plan_id, ()), cycle=cycle
        )
        if version_owed is not None:
            terms.append(
                MonthTerms(
                    subscription=subscription,
                    version=version_owed,
                    is_opening_month=subscription.valid_from_us >= cycle.from_us,
                )
            )
    return terms


def version_of_month(
    subscription: Subscription, plan_versions: Sequence[RatePlanVersion], *, cycle: BillCycle
) -> RatePlanVersion | None:
    """Find the plan version whose terms a subscription owes in a month.

    It is the highest in force when the month, or the subscription within it, begins; where none
    is, the first that comes into force while both last. None where the subscription is not active.
    """
    begins_us = max(subscription.valid_from_us, cycle.from_us)
    ends_us = _earlier(subscription.valid_until_us, cycle.until_us)
    in_force = [
        version
        for version in plan_versions
        if version.plan_id == subscription.plan_id
        and max(version.valid_from_us, begins_us) < _earlier(version.valid_until_us, ends_us)
    ]
    return min(
        in_force,
        key=lambda version: (max(version.valid_from_us, begins_us), -version.version),
        default=None,
    )


def _earlier(us: int | None, other_us: int) -> int:
    return other_us if us is None else min(us, other_us)
