"""An account's month: its lines, sums that add up, and the terms that are not applied."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice_line import (
    LINE_KINDS,
    InvoiceLine,
    fee_lines,
    usage_lines,
    version_of_month,
)
from cdrpipe.guiding.ownership import Subscription
from cdrpipe.tariff.rate_plan import RatePlanVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What an account owes for a month; a preview, nothing is posted.

    ``unapplied_terms`` names terms of its plans that are stored and change nothing here:
    ``allowance``, ``minimum``, ``pool``, ``prepaid``, ``activation_fee``, ``number_fee``.
    """

    account_id: str
    account_name: str
    month: str
    lines: tuple[InvoiceLine, ...]
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
    *,
    account_names: Mapping[str, str],
    subscriptions: Sequence[Subscription],
    plan_versions: Sequence[RatePlanVersion],
    cycle: BillCycle,
) -> list[Invoice]:
    """Turn a month's sums and subscriptions into one invoice an account, by account_id.

    Parameters
    ----------
    sums
        (n,) rows with the columns of USAGE_SUMS_SCHEMA, for the same month.
    account_names
        Name by account_id; an account that has left the register is shown without one.

    Notes
    -----
    Σ usage_micros of the lines = Σ usage_micros of ``sums``, to the micro.
    """
    lines_of: dict[str, list[InvoiceLine]] = defaultdict(list)
    for line in fee_lines(subscriptions, plan_versions, cycle=cycle):
        lines_of[line.account_id].append(line)
    for line in usage_lines(sums, service_on=cycle.date_from):
        lines_of[line.account_id].append(line)
    terms_of = _unapplied_terms(subscriptions, plan_versions, cycle=cycle)
    return [
        Invoice(
            account_id=account_id,
            account_name=account_names.get(account_id, ""),
            month=cycle.month,
            lines=tuple(sorted(lines_of[account_id], key=_printed_order)),
            unapplied_terms=tuple(sorted(terms_of.get(account_id, ()))),
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


def _unapplied_terms(
    subscriptions: Sequence[Subscription],
    plan_versions: Sequence[RatePlanVersion],
    *,
    cycle: BillCycle,
) -> dict[str, set[str]]:
    terms_of: dict[str, set[str]] = defaultdict(set)
    for subscription in subscriptions:
        version = version_of_month(subscription, plan_versions, cycle=cycle)
        if version is None:
            continue
        is_opening_month = subscription.valid_from_us >= cycle.from_us
        terms = {
            "allowance": version.allowance,
            "minimum": version.minimum,
            "pool": version.pool,
            "prepaid": version.prepaid,
            "activation_fee": is_opening_month and version.activation_fee_micros,
            "number_fee": is_opening_month and version.number_fee_micros,
        }
        terms_of[subscription.account_id] |= {name for name, term in terms.items() if term}
    return terms_of
