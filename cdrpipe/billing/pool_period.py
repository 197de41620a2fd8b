"""How long what was prepaid lives: a pool's months, and what an early renewal adds to them.

Source: domain §1 (a pool that is renewed early starts its period again; the rest is void after
the last day), docs/decisions/0006-prepaid-classes-and-pools.md.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cdrpipe.billing.bill_cycle import instant_of_us
from cdrpipe.guiding.top_up import TopUp

_MICROS_PER_S = 1_000_000

# What is never void ends after every instant that has a date.
NEVER_US = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """From ``at_us`` on, a pool lives until ``until_us``, unless it lives longer anyway."""

    at_us: int
    until_us: int


def period_end_us(valid_from_us: int, *, months: int) -> int:
    """Give the instant from which a pool is void: whole months later, and never within a day.

    The day on which the last month ends counts whole. Where that month lacks the day of the
    beginning, its last day is the last: from 2026-10-01 on 36 months end with 2029-09-30, from
    09:30 of that day on with 2029-10-01, and 12 months from 2028-02-29 on with 2029-02-28.
    """
    begins = instant_of_us(valid_from_us)
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    month_index = begins.month - 1 + months
    first = midnight.replace(
        year=begins.year + month_index // 12, month=month_index % 12 + 1, day=1
    )
    following = (first + timedelta(days=32)).replace(day=1)
    days = begins.day - 1 + (begins != midnight)
    ends = min(first + timedelta(days=days), following)
    return int(ends.timestamp()) * _MICROS_PER_S


def renewals_of(
    top_ups: Iterable[TopUp], *, restarting: Collection[str]
) -> Mapping[str, tuple[Renewal, ...]]:
    """Find what lengthens the life of each pool, by its id.

    1. A pool of the same subscription that is bought while an older one lives renews it.
    2. From then on what is left of the older lives as long as the newer; never shorter than it did.
    3. A renewal may renew again, for all that still live.

    Parameters
    ----------
    restarting
        Ids of the pools whose plan says that a renewal restarts the period.

    Notes
    -----
    Before the renewal the older pool keeps its own end: what a month was paid with does not change
    because of what is bought after it.
    """
    renewals: dict[str, list[Renewal]] = {}
    pools = [each for each in top_ups if each.kind == "pool" and each.subscription_id]
    pools.sort(key=lambda each: (each.valid_from_us, each.top_up_id))
    for index, older in enumerate(pools):
        until_us = _own_end_us(older)
        for newer in pools[index + 1 :]:
            if (
                newer.top_up_id in restarting
                and newer.subscription_id == older.subscription_id
                and newer.valid_from_us < until_us < _own_end_us(newer)
            ):
                until_us = _own_end_us(newer)
                renewal = Renewal(at_us=newer.valid_from_us, until_us=until_us)
                renewals.setdefault(older.top_up_id, []).append(renewal)
    return {top_up_id: tuple(each) for top_up_id, each in renewals.items()}


def end_us_at(valid_until_us: int | None, at_us: int, renewals: Iterable[Renewal]) -> int:
    """Give when a pool is void as far as it is known at an instant; NEVER_US for never.

    Parameters
    ----------
    valid_until_us
        Its end without a renewal; None: never.
    """
    own_us = NEVER_US if valid_until_us is None else valid_until_us
    return max([own_us, *(each.until_us for each in renewals if each.at_us <= at_us)])


def _own_end_us(top_up: TopUp) -> int:
    return NEVER_US if top_up.valid_until_us is None else top_up.valid_until_us
