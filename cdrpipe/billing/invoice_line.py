"""The lines of an invoice: fees, usage, what included time took off, and what a minimum adds.

Cents appear here and nowhere before: a usage line's ``amount_cents`` is the exact sum of its
calls' charges, rounded half-up once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from cdrpipe.billing.month_terms import MonthTerms
from cdrpipe.billing.tax import split_vat, vat_percent
from cdrpipe.money import cents_of_micros

LINE_KINDS = (
    "activation_fee",
    "number_fee",
    "rental",
    "function_fee",
    "usage",
    "allowance",
    "minimum",
)
FEE_KINDS = LINE_KINDS[:4]

# What usage_lines is given: one row a key, with the sums of its rated calls.
USAGE_SUMS_SCHEMA = pa.schema(
    [
        pa.field("account_id", pa.string()),
        pa.field("service_number", pa.string()),
        pa.field("plan_id", pa.string()),
        pa.field("plan_version", pa.int32()),
        pa.field("relation", pa.string()),
        pa.field("zone", pa.string()),  # "" where the rates name none
        pa.field("band", pa.string()),  # "" where the rates name none
        pa.field("calls", pa.int64()),
        pa.field("billable_ms", pa.int64()),
        pa.field("usage_micros", pa.int64()),  # exact sum of the enterprise's charges
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line; ``amount_cents`` includes VAT, and net and tax add up to it.

    ``service_number`` is empty where a subscription, or a minimum, is for all numbers of the
    account. ``item`` names a function. Relation, zone and band are those of usage lines.
    ``calls`` and ``billable_ms`` are what a usage line charges, or what included time paid for.
    The exact amount is ``usage_micros`` on usage lines (Σ charges) and ``allowance_micros`` on
    allowance lines (0 or less); both are 0 elsewhere.
    """

    account_id: str
    kind: str  # one of LINE_KINDS
    service_number: str
    subscription_id: str
    plan_id: str
    plan_version: int
    item: str
    relation: str
    zone: str
    band: str
    calls: int
    billable_ms: int
    usage_micros: int
    allowance_micros: int
    amount_cents: int
    vat_category: str
    vat_percent: int
    net_cents: int
    tax_cents: int


def usage_lines(sums: pa.Table, *, service_on: date) -> list[InvoiceLine]:
    """Make one line of each row of sums.

    Parameters
    ----------
    sums
        (n,) rows with the columns of USAGE_SUMS_SCHEMA, one a key.
    service_on
        Date that the VAT rate is read at: the month's first day.
    """
    return [
        make_line(
            kind="usage",
            account_id=row["account_id"],
            service_number=row["service_number"],
            plan_id=row["plan_id"],
            plan_version=row["plan_version"],
            relation=row["relation"],
            zone=row["zone"],
            band=row["band"],
            calls=row["calls"],
            billable_ms=row["billable_ms"],
            usage_micros=row["usage_micros"],
            amount_cents=cents_of_micros(row["usage_micros"]),
            service_on=service_on,
        )
        for row in sums.to_pylist()
    ]


def fee_lines(month_terms: Iterable[MonthTerms], *, service_on: date) -> list[InvoiceLine]:
    """Make the fees of every subscription that is active in the month.

    A subscription active on any day owes the rental and function fees of the whole month; nothing
    is prorated. In its opening month it owes activation and number fee, once. Fees of zero make no
    line.
    """
    return [line for terms in month_terms for line in _fees(terms, service_on=service_on)]


def term_line(
    terms: MonthTerms,
    *,
    kind: str,
    service_number: str,
    amount_cents: int,
    service_on: date,
    vat_category: str = "voice",
    item: str = "",
    calls: int = 0,
    billable_ms: int = 0,
    allowance_micros: int = 0,
) -> InvoiceLine:
    """Make a line that a subscription's terms cause."""
    return make_line(
        kind=kind,
        account_id=terms.subscription.account_id,
        subscription_id=terms.subscription.subscription_id,
        service_number=service_number,
        plan_id=terms.version.plan_id,
        plan_version=terms.version.version,
        item=item,
        calls=calls,
        billable_ms=billable_ms,
        allowance_micros=allowance_micros,
        amount_cents=amount_cents,
        vat_category=vat_category,
        service_on=service_on,
    )


def make_line(
    *,
    kind: str,
    account_id: str,
    service_number: str,
    plan_id: str,
    plan_version: int,
    amount_cents: int,
    service_on: date,
    vat_category: str = "voice",
    subscription_id: str = "",
    item: str = "",
    relation: str = "",
    zone: str = "",
    band: str = "",
    calls: int = 0,
    billable_ms: int = 0,
    usage_micros: int = 0,
    allowance_micros: int = 0,
) -> InvoiceLine:
    """Make a line, and split its VAT off the amount, once."""
    assert kind in LINE_KINDS, kind
    percent = vat_percent(vat_category, service_on=service_on)
    net_cents, tax_cents = split_vat(amount_cents, percent=percent)
    return InvoiceLine(
        account_id=account_id,
        kind=kind,
        service_number=service_number,
        subscription_id=subscription_id,
        plan_id=plan_id,
        plan_version=plan_version,
        item=item,
        relation=relation,
        zone=zone,
        band=band,
        calls=calls,
        billable_ms=billable_ms,
        usage_micros=usage_micros,
        allowance_micros=allowance_micros,
        amount_cents=amount_cents,
        vat_category=vat_category,
        vat_percent=percent,
        net_cents=net_cents,
        tax_cents=tax_cents,
    )


def _fees(terms: MonthTerms, *, service_on: date) -> list[InvoiceLine]:
    fees = [("rental", "", terms.version.monthly_rental_micros, "voice")]
    if terms.is_opening_month:
        fees += [
            ("activation_fee", "", terms.version.activation_fee_micros, "voice"),
            ("number_fee", "", terms.version.number_fee_micros, "voice"),
        ]
    fees += [
        ("function_fee", fee.name, fee.monthly_micros, "information")
        for fee in terms.version.function_fees
    ]
    return [
        term_line(
            terms,
            kind=kind,
            service_number=terms.service_number,
            item=item,
            amount_cents=cents_of_micros(micros),
            vat_category=category,
            service_on=service_on,
        )
        for kind, item, micros, category in fees
        if micros
    ]
