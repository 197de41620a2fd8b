"""What a subscription's included time did in a month, and the line that says what it took off.

The allowance is granted whole each calendar month to one subscription, shared by its numbers, and
void at the month's end; pools and gifts of minutes pay after it, over many months.
``rating/allowance.py`` says which call they pay for.

Source: domain rules 8 and 9, docs/decisions/0004-allowance-order.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice_line import InvoiceLine, term_line
from cdrpipe.billing.month_terms import MonthTerms
from cdrpipe.billing.prepaid import Prepaid, PrepaidUse, stretch_us_of, stretches_us, used
from cdrpipe.money import cents_of_micros
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.allowance import CallUse, GrantedCall, GrantsUsed, TimeGrant, use_grants

_MINUTE_MS = 60_000

# No top-up bears such an id: it has spaces.
ALLOWANCE_ID = "the month's allowance"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceUse:
    """A month of one subscription's included time; of its allowance used + left = granted.

    ``pools`` tells of its pools and gifts of minutes. ``calls`` counts those that any of it paid
    for in whole or in part; ``micros_of_number`` is, by service number, the exact Σ (charge of the
    rest - charge) of these calls: 0 or less; ``micros_of_stretch`` the same by the first instant of
    the stretch in which their billing starts.
    """

    terms: MonthTerms
    granted_ms: int
    used_ms: int
    calls: int
    micros_of_number: Mapping[str, int]
    micros_of_stretch: Mapping[int, int] = field(default_factory=dict)
    pools: tuple[PrepaidUse, ...] = ()

    @property
    def left_ms(self) -> int:
        """Give what was not used of the allowance, and is void after the month's last day."""
        return self.granted_ms - self.used_ms

    @property
    def paid_ms(self) -> int:
        """Sum the time that the allowance and all pools paid for."""
        return self.used_ms + sum(pool.used_ms for pool in self.pools)

    @property
    def micros(self) -> int:
        """Sum what was taken off all numbers: 0 or less."""
        return sum(self.micros_of_number.values())


def granted_ms(terms: MonthTerms, *, cycle: BillCycle) -> int:
    """Give the time that a subscription is granted in a month; 0 where its plan includes none.

    It is the whole month's time, in the opening month and in one with a change of plan too. Where
    the plan says that the opening month is not whole, it is the share of the days from the opening
    day on, itself included, rounded up to a whole minute.
    """
    allowance = terms.version.allowance
    if allowance is None:
        return 0
    if allowance.is_whole_in_opening_month or not terms.is_opening_month:
        return allowance.monthly_ms
    owed_ms_days = allowance.monthly_ms * cycle.days_from(terms.subscription.valid_from_us)
    minutes = -(-owed_ms_days // (cycle.days * _MINUTE_MS))
    return min(minutes * _MINUTE_MS, allowance.monthly_ms)


def use_allowance(
    terms: MonthTerms,
    calls: Iterable[GrantedCall],
    *,
    cycle: BillCycle,
    calendars: Mapping[str, Calendar],
    pools: Sequence[Prepaid] = (),
    starts_us: Sequence[int] = (),
) -> AllowanceUse:
    """Let a subscription's included time pay for its calls of the month, however they come.

    Parameters
    ----------
    calls
        All rated calls of the subscription in the month, of all its numbers.
    pools
        Pools and gifts of minutes for it, with what is left of them when the month begins.
    starts_us
        First instants of the stretches to sum what was taken off by; not given: the whole month.
    """
    granted = granted_ms(terms, cycle=cycle)
    use = grants_used(terms, calls, cycle=cycle, calendars=calendars, pools=pools)
    paid, left_ms = [each for each in use.calls if each.used_ms], use.left_ms
    micros_of_number: dict[str, int] = defaultdict(int)
    micros_of_stretch: dict[int, int] = defaultdict(int)
    for each in paid:
        start_us = stretch_us_of(each.call.key.billing_started_at_us, starts_us or [cycle.from_us])
        micros_of_number[each.call.service_number] += each.difference_micros
        micros_of_stretch[start_us] += each.difference_micros
    return AllowanceUse(
        terms=terms,
        granted_ms=granted,
        used_ms=granted - left_ms[ALLOWANCE_ID],
        calls=len(paid),
        micros_of_number=dict(micros_of_number),
        micros_of_stretch=dict(micros_of_stretch),
        pools=tuple(
            used(pool, replace(pool, left_ms=left_ms[pool.top_up.top_up_id]), cycle=cycle)
            for pool in pools
        ),
    )


def grants_used(
    terms: MonthTerms,
    calls: Iterable[GrantedCall],
    *,
    cycle: BillCycle,
    calendars: Mapping[str, Calendar],
    pools: Sequence[Prepaid] = (),
) -> GrantsUsed:
    """Say of each call what included time paid of it; parameters as of ``use_allowance``.

    A renewal changes which pool expires first: the calls before it are paid for before it. Calls
    that come after another in the order of payment do not change what was paid of that one.

    Returns
    -------
    All calls in their order; grants go by ALLOWANCE_ID and the ids of the pools' top-ups.
    """
    left_ms = {
        ALLOWANCE_ID: granted_ms(terms, cycle=cycle),
        **{pool.top_up.top_up_id: pool.left_ms for pool in pools},
    }
    starts_us = stretches_us(pools, cycle=cycle)
    calls_of: dict[int, list[GrantedCall]] = defaultdict(list)
    for call in calls:
        calls_of[stretch_us_of(call.key.billing_started_at_us, starts_us)].append(call)
    uses: list[CallUse] = []
    for from_us, until_us in pairwise([*starts_us, cycle.until_us]):
        use = use_grants(
            calls_of[from_us],
            allowance=TimeGrant(
                grant_id=ALLOWANCE_ID,
                left_ms=left_ms[ALLOWANCE_ID],
                valid_from_us=from_us,
                valid_until_us=until_us,
            ),
            pools=[_grant(pool, left_ms, from_us=from_us) for pool in pools],
            calendars=calendars,
        )
        left_ms = dict(use.left_ms)
        uses += use.calls
    return GrantsUsed(calls=tuple(uses), left_ms=left_ms)


def allowance_lines(uses: Iterable[AllowanceUse], *, service_on: date) -> list[InvoiceLine]:
    """Make one line of each subscription that used included time: negative, or 0.

    A call may be paid for by the allowance and a pool together, so what each of them took off alone
    is not known: the line is of both.
    """
    return [
        term_line(
            use.terms,
            kind="allowance",
            service_number=use.terms.service_number,
            calls=use.calls,
            billable_ms=use.paid_ms,
            allowance_micros=use.micros,
            amount_cents=cents_of_micros(use.micros),
            service_on=service_on,
        )
        for use in uses
        if use.paid_ms
    ]


def _grant(pool: Prepaid, left_ms: Mapping[str, int], *, from_us: int) -> TimeGrant:
    return TimeGrant(
        grant_id=pool.top_up.top_up_id,
        left_ms=left_ms[pool.top_up.top_up_id],
        valid_from_us=pool.top_up.valid_from_us,
        valid_until_us=pool.end_us_at(from_us),
        is_gift=pool.top_up.kind == "gift",
    )
