"""The monthly minimum: what is missing from usage after included time, as a line of its own.

A minimum is owed by an account, or by each of its numbers, as the plan says. Rental and fees are
outside it. Nothing is owed in the opening month, unless the plan says so.

Source: domain rules 1 (minimum) and 9.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cdrpipe.billing.allowance_line import AllowanceUse
from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice_line import InvoiceLine, term_line
from cdrpipe.billing.month_terms import MonthTerms
from cdrpipe.guiding.ownership import Ownership
from cdrpipe.money import cents_of_micros

# Number of a minimum that is the whole account's.
_ALL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owed:
    """A minimum, and the terms that name it."""

    terms: MonthTerms
    service_number: str
    amount_cents: int


def minimum_lines(
    lines: Iterable[InvoiceLine],
    uses: Iterable[AllowanceUse],
    *,
    month_terms: Sequence[MonthTerms],
    ownerships: Iterable[Ownership],
    cycle: BillCycle,
) -> list[InvoiceLine]:
    """Make a line of each minimum that usage after included time does not reach.

    1. Of the minimums that an account's subscriptions name for one number, or for the account, the
       highest is owed, once.
    2. A number's covers its usage lines, and what included time took off its calls, to the cent.
    3. An account's covers all its usage and allowance lines but those that 2 covers.
    4. The line is what is missing; a minimum that is reached makes none.

    Parameters
    ----------
    lines
        The usage and allowance lines of the month; others are not looked at.
    uses
        What the allowance lines were made of.
    ownerships
        Who held which number when: a number without a call owes its minimum too.
    """
    owed = _highest(month_terms, ownerships, cycle)
    spent_cents: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        if line.kind == "usage":
            spent_cents[_covered_by(owed, line.account_id, line.service_number)] += (
                line.amount_cents
            )
        elif line.kind == "allowance":
            spent_cents[line.account_id, _ALL] += line.amount_cents
    for use in uses:
        account_id = use.terms.subscription.account_id
        for number, micros in use.micros_of_number.items():
            if (account_id, number) in owed:
                taken_off_cents = cents_of_micros(micros)
                spent_cents[account_id, number] += taken_off_cents
                spent_cents[account_id, _ALL] -= taken_off_cents
    return [
        _line(minimum, missing_cents, service_on=cycle.date_from)
        for key, minimum in owed.items()
        if (missing_cents := minimum.amount_cents - spent_cents[key]) > 0
    ]


def _highest(
    month_terms: Sequence[MonthTerms], ownerships: Iterable[Ownership], cycle: BillCycle
) -> dict[tuple[str, str], _Owed]:
    """Give the minimums by (account, number), ``_ALL`` for an account's."""
    held: dict[str, list[Ownership]] = defaultdict(list)
    for ownership in ownerships:
        held[ownership.account_id].append(ownership)
    of_account: dict[str, list[MonthTerms]] = defaultdict(list)
    for terms in month_terms:
        of_account[terms.subscription.account_id].append(terms)
    highest: dict[tuple[str, str], _Owed] = {}
    for account_id, all_terms in of_account.items():
        for terms in all_terms:
            for number in _numbers_owing(terms, all_terms, held[account_id], cycle):
                minimum = terms.version.minimum
                assert minimum is not None
                owed = _Owed(
                    terms=terms,
                    service_number=number,
                    amount_cents=cents_of_micros(minimum.monthly_micros),
                )
                known = highest.get((account_id, number))
                if known is None or known.amount_cents < owed.amount_cents:
                    highest[account_id, number] = owed
    return highest


def _numbers_owing(
    terms: MonthTerms,
    all_terms: Sequence[MonthTerms],
    held: Iterable[Ownership],
    cycle: BillCycle,
) -> list[str]:
    """Give the numbers that owe a subscription's minimum: ``_ALL`` where the account does."""
    minimum = terms.version.minimum
    if minimum is None or (terms.is_opening_month and not minimum.is_owed_in_opening_month):
        return []
    if minimum.per == "account":
        return [_ALL]
    if terms.service_number:
        return [terms.service_number]
    begins_us = max(cycle.from_us, terms.subscription.valid_from_us)
    ends_us = _ends_us(terms.subscription.valid_until_us, cycle)
    numbers = {
        ownership.service_number
        for ownership in held
        if max(begins_us, ownership.valid_from_us)
        < min(ends_us, _ends_us(ownership.valid_until_us, cycle))
        and (minimum.is_owed_in_opening_month or ownership.valid_from_us < cycle.from_us)
    }
    return sorted(numbers - _numbers_with_their_own(all_terms, begins_us, ends_us, cycle))


def _numbers_with_their_own(
    all_terms: Iterable[MonthTerms], begins_us: int, ends_us: int, cycle: BillCycle
) -> set[str]:
    """Give the numbers that a subscription of their own covers for the whole of the time."""
    return {
        terms.service_number
        for terms in all_terms
        if terms.service_number
        and terms.subscription.valid_from_us <= begins_us
        and ends_us <= _ends_us(terms.subscription.valid_until_us, cycle)
    }


def _covered_by(
    owed: dict[tuple[str, str], _Owed], account_id: str, service_number: str
) -> tuple[str, str]:
    number_key = (account_id, service_number)
    return number_key if number_key in owed else (account_id, _ALL)


def _line(minimum: _Owed, missing_cents: int, *, service_on: date) -> InvoiceLine:
    return term_line(
        minimum.terms,
        kind="minimum",
        service_number=minimum.service_number,
        amount_cents=missing_cents,
        service_on=service_on,
    )


def _ends_us(valid_until_us: int | None, cycle: BillCycle) -> int:
    return cycle.until_us if valid_until_us is None else min(valid_until_us, cycle.until_us)
