"""An account's month: its lines, sums that add up, and the terms that are not applied."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from cdrpipe.billing.allowance_line import AllowanceUse, allowance_lines
from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice_line import LINE_KINDS, InvoiceLine, fee_lines, usage_lines
from cdrpipe.billing.minimum import minimum_lines
from cdrpipe.billing.month_terms import MonthTerms
from cdrpipe.guiding.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What an account owes for a month; a preview, nothing is posted.

    ``allowances`` tells of each subscription's included time what was used and what is left.
    ``unapplied_terms`` names terms of its plans that are stored and change nothing here:
    ``pool``, ``prepaid``, ``activation_fee``, ``number_fee``.
    """

    account_id: str
    account_name: str
    month: str
    lines: tuple[InvoiceLine, ...]
    allowances: tuple[AllowanceUse, ...]
    unapplied_terms: tuple[str, ...]

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
) -> list[Invoice]:
    """Turn a month's sums and terms into one invoice an account, by account_id.

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
    terms_of = _unapplied_terms(month_terms)
    return [
        Invoice(
            account_id=account_id,
            account_name=account_names.get(account_id, ""),
            month=cycle.month,
            lines=tuple(sorted(lines_of[account_id], key=_printed_order)),
            allowances=tuple(uses_of[account_id]),
            unapplied_terms=tuple(sorted(terms_of[account_id])),
        )
        for account_id in sorted(lines_of)
    ]


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


def _unapplied_terms(month_terms: Iterable[MonthTerms]) -> dict[str, set[str]]:
    terms_of: dict[str, set[str]] = defaultdict(set)
    for terms in month_terms:
        version = terms.version
        stored = {
            "pool": version.pool,
            "prepaid": version.prepaid,
            "activation_fee": terms.is_opening_month and version.activation_fee_micros,
            "number_fee": terms.is_opening_month and version.number_fee_micros,
        }
        terms_of[terms.subscription.account_id] |= {name for name, term in stored.items() if term}
    return terms_of
