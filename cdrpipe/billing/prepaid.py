"""What is left of prepaid money and minutes, month after month, and what it pays of an invoice.

Nothing is stored: what is left after a month follows from what was left before it and the calls and
terms of the month, beginning with the month of an account's first top-up.

Source: domain rules 8 and 9, docs/decisions/0006-prepaid-classes-and-pools.md.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.pool import OwedCharge, Pool, pay_from_pools
from cdrpipe.billing.pool_period import NEVER_US, Renewal, end_us_at, renewals_of
from cdrpipe.guiding.ownership import NO_PLAN_VERSION, Subscription, plan_version_index_at
from cdrpipe.guiding.top_up import TopUp
from cdrpipe.money import MICROS_PER_CENT, half_up
from cdrpipe.rating.allowance import CallKey
from cdrpipe.tariff.rate_plan import RatePlanVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepaid:
    """A top-up, what lengthens its life, and what is left of it when a month begins."""

    top_up: TopUp
    renewals: tuple[Renewal, ...]
    left_micros: int  # 0 where it grants minutes
    left_ms: int  # 0 where it grants yuan

    @property
    def is_minutes(self) -> bool:
        """Tell whether it grants minutes, not yuan."""
        return self.top_up.granted_ms is not None

    def end_us_at(self, at_us: int) -> int:
        """Give when it is void, as far as it is known at an instant."""
        return end_us_at(self.top_up.valid_until_us, at_us, self.renewals)

    def is_alive_in(self, cycle: BillCycle) -> bool:
        """Tell whether it is valid at any instant of a month."""
        begins_us = max(self.top_up.valid_from_us, cycle.from_us)
        return begins_us < min(self.end_us_at(begins_us), cycle.until_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidUse:
    """What a top-up did in a month: in yuan, or in minutes where it grants minutes.

    ``after`` is the top-up with what is left of it; from ``void_from_us`` on that is void, None
    meaning never.
    """

    after: Prepaid
    paid_micros: int
    used_ms: int
    void_from_us: int | None
    is_void: bool  # by the month's end


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What an invoice asks for, and from when on.

    ``fees_cents`` by the instant at which the month, or the subscription in it, begins;
    ``usage_micros`` by the first instant of each stretch, after included time; ``usage_cents`` is
    what the invoice makes of their sum. What is missing from a minimum is owed at the month's end.
    """

    total_cents: int
    fees_cents: Mapping[int, int]
    usage_micros: Mapping[int, int]
    usage_cents: int


def prepaid_at_first(
    top_ups: Sequence[TopUp],
    subscriptions: Iterable[Subscription],
    plan_versions: Sequence[RatePlanVersion],
) -> list[Prepaid]:
    """Give top-ups with all they grant, and what their plans say of renewals."""
    plan_of = {each.subscription_id: each.plan_id for each in subscriptions}
    restarting = {
        each.top_up_id
        for each in top_ups
        if each.subscription_id in plan_of
        and _restarts(plan_of[each.subscription_id], each.valid_from_us, plan_versions)
    }
    renewals = renewals_of(top_ups, restarting=restarting)
    return [
        Prepaid(
            top_up=each,
            renewals=renewals.get(each.top_up_id, ()),
            left_micros=each.granted_micros or 0,
            left_ms=each.granted_ms or 0,
        )
        for each in top_ups
    ]


def stretches_us(prepaid: Iterable[Prepaid], *, cycle: BillCycle) -> list[int]:
    """Cut a month where a top-up begins, ends or is renewed: the first instant of each stretch."""
    borders_us = {cycle.from_us}
    for each in prepaid:
        borders_us.add(each.top_up.valid_from_us)
        borders_us.add(each.end_us_at(each.top_up.valid_from_us))
        for renewal in each.renewals:
            borders_us |= {renewal.at_us, renewal.until_us}
    return sorted(us for us in borders_us if cycle.from_us <= us < cycle.until_us)


def stretch_us_of(at_us: int, starts_us: Sequence[int]) -> int:
    """Find the stretch that an instant lies in, by its first instant."""
    return starts_us[bisect_right(starts_us, at_us) - 1]


def pay_invoice(
    owed: Owed, prepaid: Sequence[Prepaid], *, cycle: BillCycle
) -> tuple[PrepaidUse, ...]:
    """Let an account's gifts, pools and top-ups of yuan pay its invoice.

    1. What is owed is laid out over the stretches between the borders of the yuan: fees at the
       beginning, calls when their billing starts, the minimum at the month's end.
    2. In each stretch gifts pay first, then pools and top-ups, of each what expires first.

    Notes
    -----
    Cents are those of the invoice: each stretch owes the running sum up to its end, rounded
    half-up, less what the stretches before it owed; the last one with calls owes what is left.
    """
    of_yuan = [each for each in prepaid if not each.is_minutes]
    charges = [
        OwedCharge(key=CallKey(from_us, "", "", "", 0), charge_micros=cents * MICROS_PER_CENT)
        for from_us, cents in _cents_by_stretch(owed, stretches_us(of_yuan, cycle=cycle)).items()
    ]
    paid = pay_from_pools(charges, [_pool(each) for each in of_yuan])
    return tuple(
        used(each, replace(each, left_micros=paid.left_micros[each.top_up.top_up_id]), cycle=cycle)
        for each in of_yuan
        if each.is_alive_in(cycle)
    )


def used(before: Prepaid, after: Prepaid, *, cycle: BillCycle) -> PrepaidUse:
    """Tell what became of a top-up in a month."""
    end_us = after.end_us_at(cycle.until_us - 1)
    return PrepaidUse(
        after=after,
        paid_micros=before.left_micros - after.left_micros,
        used_ms=before.left_ms - after.left_ms,
        void_from_us=None if end_us == NEVER_US else end_us,
        is_void=end_us <= cycle.until_us,
    )


def left_after(prepaid: Iterable[Prepaid], uses: Iterable[PrepaidUse]) -> list[Prepaid]:
    """Give the top-ups as the next month finds them."""
    after = {use.after.top_up.top_up_id: use.after for use in uses}
    return [after.get(each.top_up.top_up_id, each) for each in prepaid]


def _restarts(plan_id: str, at_us: int, plan_versions: Sequence[RatePlanVersion]) -> bool:
    index = plan_version_index_at(plan_id, at_us, enumerate(plan_versions))
    pool = None if index == NO_PLAN_VERSION else plan_versions[index].pool
    return pool is not None and pool.renewal_restarts_period


def _cents_by_stretch(owed: Owed, starts_us: Sequence[int]) -> dict[int, int]:
    fees_cents: dict[int, int] = defaultdict(int)
    for at_us, cents in owed.fees_cents.items():
        fees_cents[stretch_us_of(at_us, starts_us)] += cents
    all_micros = sum(owed.usage_micros.values())
    fees_so_far = micros_so_far = cents_so_far = 0
    by_stretch = {}
    for start_us in starts_us:
        fees_so_far += fees_cents[start_us]
        micros_so_far += owed.usage_micros.get(start_us, 0)
        is_last_usage = micros_so_far == all_micros
        usage_cents = owed.usage_cents if is_last_usage else half_up(micros_so_far, MICROS_PER_CENT)
        due_cents = owed.total_cents if start_us == starts_us[-1] else fees_so_far + usage_cents
        # Lines are rounded one by one, so the running sum may be a cent ahead of the invoice.
        due_cents = max(cents_so_far, min(due_cents, owed.total_cents))
        by_stretch[start_us] = due_cents - cents_so_far
        cents_so_far = due_cents
    return by_stretch


def _pool(each: Prepaid) -> Pool:
    return Pool(
        pool_id=each.top_up.top_up_id,
        kind=each.top_up.kind,
        left_micros=each.left_micros,
        valid_from_us=each.top_up.valid_from_us,
        valid_until_us=each.top_up.valid_until_us,
        renewals=each.renewals,
    )
