"""What a subscription's included time did in a month, and the line that says what it took off.

The allowance is granted whole each calendar month to one subscription, shared by its numbers, and
void at the month's end. ``rating/allowance.py`` says which call it pays for.

Source: domain rules 8 and 9, docs/decisions/0004-allowance-order.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice_line import InvoiceLine, term_line
from cdrpipe.billing.month_terms import MonthTerms
from cdrpipe.money import cents_of_micros
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.allowance import GrantedCall, GrantsUsed, TimeGrant, use_grants

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceUse:
    """A month of one subscription's allowance: used + left = granted.

    ``calls`` counts those that it paid for in whole or in part; ``micros_of_number`` is, by
    service number, the exact Σ (charge of the rest - charge) of these calls: 0 or less.
    """

    terms: MonthTerms
    granted_ms: int
    used_ms: int
    calls: int
    micros_of_number: Mapping[str, int]

    @property
    def left_ms(self) -> int:
        """Give what was not used, and is void after the month's last day."""
        return self.granted_ms - self.used_ms

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
) -> AllowanceUse:
    """Let a subscription's allowance pay for its calls of the month, in whatever order they come.

    Parameters
    ----------
    calls
        All rated calls of the subscription in the month, of all its numbers.
    """
    use = grants_used(terms, calls, cycle=cycle, calendars=calendars)
    micros_of_number: dict[str, int] = defaultdict(int)
    paid = [each for each in use.calls if each.used_ms]
    for each in paid:
        micros_of_number[each.call.service_number] += each.difference_micros
    return AllowanceUse(
        terms=terms,
        granted_ms=granted_ms(terms, cycle=cycle),
        used_ms=sum(each.used_ms for each in paid),
        calls=len(paid),
        micros_of_number=dict(micros_of_number),
    )


def grants_used(
    terms: MonthTerms,
    calls: Iterable[GrantedCall],
    *,
    cycle: BillCycle,
    calendars: Mapping[str, Calendar],
) -> GrantsUsed:
    """Say of each call what the month's allowance paid of it; parameters as of ``use_allowance``.

    Calls that come after another in the order of payment do not change what was paid of that one.
    """
    allowance = TimeGrant(
        grant_id="allowance",
        left_ms=granted_ms(terms, cycle=cycle),
        valid_from_us=cycle.from_us,
        valid_until_us=cycle.until_us,
    )
    return use_grants(calls, allowance=allowance, calendars=calendars)


def allowance_lines(uses: Iterable[AllowanceUse], *, service_on: date) -> list[InvoiceLine]:
    """Make one line of each subscription that used included time: negative, or 0."""
    return [
        term_line(
            use.terms,
            kind="allowance",
            service_number=use.terms.service_number,
            calls=use.calls,
            billable_ms=use.used_ms,
            allowance_micros=use.micros,
            amount_cents=cents_of_micros(use.micros),
            service_on=service_on,
        )
        for use in uses
        if use.used_ms
    ]
