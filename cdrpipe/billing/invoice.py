"""An account's month: its lines, sums that add up, and what prepaid money pays of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from cdrpipe.billing.allowance_line import AllowanceUse, allowance_lines
from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice_line import (
    FEE_KINDS,
    LINE_KINDS,
    InvoiceLine,
    fee_lines,
    usage_lines,
)
from cdrpipe.billing.minimum import minimum_lines
from cdrpipe.billing.month_terms import MonthTerms
from cdrpipe.billing.prepaid import Owed, Prepaid, PrepaidUse, pay_invoice
from cdrpipe.guiding.ownership import Ownership
from cdrpipe.money import MICROS_PER_CENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What an account owes for a month; a preview, nothing is posted.

    ``allowances`` tells of each subscription's included time what was used and what is left,
    ``prepaid`` of each top-up that was valid in the month: minutes first, then yuan. What yuan pay
    is no line.
    """

    account_id: str
    account_name: str
    month: str
    lines: tuple[InvoiceLine, ...]
    allowances: tuple[AllowanceUse, ...]
    prepaid: tuple[PrepaidUse, ...]

    @property
    def usage_micros(self) -> int:
        """Sum the exact charges of all usage lines."""
        return sum(line.usage_micros for line in self.lines)

    @property
    def net_cents(self) -> int:
        """Sum the lines without VAT."""
        return sum(line.net_cents for line in self.lines)

    @property
    def tax_cents(self) -> int:
        """Sum the lines' VAT."""
        return sum(line.tax_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """Sum the lines, VAT included."""
        total_cents = sum(line.amount_cents for line in self.lines)
        assert total_cents == self.net_cents + self.tax_cents
        return total_cents

    @property
    def paid_cents(self) -> int:
        """Sum what gifts, pools and top-ups of yuan pay of the total."""
        paid_cents, part = divmod(sum(use.paid_micros for use in self.prepaid), MICROS_PER_CENT)
        assert part == 0
        return paid_cents

    @property
    def remaining_cents(self) -> int:
        """Give what remains to be paid."""
        return self.total_cents - self.paid_cents

    def subtotal_cents(self, kind: str) -> int:
        """Sum the lines of one kind, VAT included."""
        return sum(line.amount_cents for line in self.lines if line.kind == kind)


def make_invoices(
    sums: pa.Table,
    uses: Sequence[AllowanceUse],
    *,
    account_names: Mapping[str, str],
    month_terms: Sequence[MonthTerms],
    ownerships: Iterable[Ownership],
    cycle: BillCycle,
    prepaid: Sequence[Prepaid] = (),
    stretch_sums: Mapping[str, Mapping[int, int]] = MappingProxyType({}),
) -> list[Invoice]:
    """Turn a month's sums and terms into one invoice an account, by account_id.

    An account has one where it has a line, or a top-up that is valid in the month.

    Parameters
    ----------
    sums
        (n,) rows with the columns of USAGE_SUMS_SCHEMA, for the same month.
    uses
        What the included time of each subscription that has some did in the month.
    account_names
        Name by account_id; an account that has left the register is shown without one.
    month_terms
        What each subscription owes in the month, of the same accounts as ``sums``.
    prepaid
        Top-ups with what is left of them when the month begins.
    stretch_sums
        Exact sums of the charges by account and first instant of a stretch, of the accounts whose
        yuan cut the month in several; those of the others are one sum.

    Notes
    -----
    Σ usage_micros of the lines = Σ usage_micros of ``sums``, to the micro.
    """
    service_on = cycle.date_from
    lines = fee_lines(month_terms, service_on=service_on)
    lines += usage_lines(sums, service_on=service_on)
    lines += allowance_lines(uses, service_on=service_on)
    lines += minimum_lines(lines, uses, month_terms=month_terms, ownerships=ownerships, cycle=cycle)
    lines_of: dict[str, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        lines_of[line.account_id].append(line)
    uses_of: dict[str, list[AllowanceUse]] = defaultdict(list)
    for use in uses:
        uses_of[use.terms.subscription.account_id].append(use)
    prepaid_of: dict[str, list[Prepaid]] = defaultdict(list)
    for each in prepaid:
        if each.is_alive_in(cycle):
            prepaid_of[each.top_up.account_id].append(each)
    begins_us = {
        terms.subscription.subscription_id: max(terms.subscription.valid_from_us, cycle.from_us)
        for terms in month_terms
    }
    return [
        Invoice(
            account_id=account_id,
            account_name=account_names.get(account_id, ""),
            month=cycle.month,
            lines=tuple(sorted(lines_of[account_id], key=_printed_order)),
            allowances=tuple(use for use in uses_of[account_id] if use.granted_ms),
            prepaid=_minutes_used(uses_of[account_id])
            + pay_invoice(
                _owed(
                    lines_of[account_id],
                    uses_of[account_id],
                    stretch_sums.get(account_id, {}),
                    begins_us=begins_us,
                    cycle=cycle,
                ),
                prepaid_of[account_id],
                cycle=cycle,
            ),
        )
        for account_id in sorted(lines_of.keys() | prepaid_of.keys())
    ]


def _minutes_used(uses: Iterable[AllowanceUse]) -> tuple[PrepaidUse, ...]:
    return tuple(pool for use in uses for pool in use.pools)


def _owed(
    lines: Sequence[InvoiceLine],
    uses: Iterable[AllowanceUse],
    stretch_sums: Mapping[int, int],
    *,
    begins_us: Mapping[str, int],
    cycle: BillCycle,
) -> Owed:
    """Say when an account owes what: fees when they begin, usage when calls do."""
    fees_cents: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.kind in FEE_KINDS:
            fees_cents[begins_us[line.subscription_id]] += line.amount_cents
    of_calls = [line for line in lines if line.kind in ("usage", "allowance")]
    usage_micros: dict[int, int] = defaultdict(int, stretch_sums)
    if not usage_micros:
        usage_micros[cycle.from_us] = sum(line.usage_micros for line in lines)
    for use in uses:
        for start_us, micros in use.micros_of_stretch.items():
            usage_micros[start_us] += micros
    return Owed(
        total_cents=sum(line.amount_cents for line in lines),
        fees_cents=fees_cents,
        usage_micros=usage_micros,
        usage_cents=sum(line.amount_cents for line in of_calls),
    )


def _printed_order(line: InvoiceLine) -> tuple[object, ...]:
    return (
        LINE_KINDS.index(line.kind),
        line.service_number,
        line.subscription_id,
        line.item,
        line.plan_id,
        line.plan_version,
        line.relation,
        line.zone,
        line.band,
    )
