"""The lines of an invoice: rental and function fees of each subscription, and usage.

Cents appear here and nowhere before: a usage line's ``amount_cents`` is the exact sum of its
calls' charges, rounded half-up once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.tax import split_vat, vat_percent
from cdrpipe.guiding.ownership import NO_PLAN_VERSION, Subscription, plan_version_index_at
from cdrpipe.money import cents_of_micros
from cdrpipe.tariff.rate_plan import RatePlanVersion

LINE_KINDS = ("rental", "function_fee", "usage")

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

    ``service_number`` is empty where a subscription is for all numbers of the account. ``item``
    names a function. Calls, time, relation, zone and band are those of usage lines.
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
        _line(
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
            amount_micros=row["usage_micros"],
            vat_category="voice",
            service_on=service_on,
        )
        for row in sums.to_pylist()
    ]


def fee_lines(
    subscriptions: Iterable[Subscription],
    plan_versions: Sequence[RatePlanVersion],
    *,
    cycle: BillCycle,
) -> list[InvoiceLine]:
    """Make the rental and function fees of every subscription that is active in the month.

    A subscription active on any day owes the whole month; nothing is prorated. Fees of zero make
    no line.
    """
    lines = []
    for subscription in subscriptions:
        version = version_of_month(subscription, plan_versions, cycle=cycle)
        if version is not None:
            lines += _fees(subscription, version, service_on=cycle.date_from)
    return lines


def version_of_month(
    subscription: Subscription, plan_versions: Sequence[RatePlanVersion], *, cycle: BillCycle
) -> RatePlanVersion | None:
    """Find the plan version whose terms a subscription owes in a month.

    It is the one in force when the month, or the subscription within it, begins; where none is,
    the first that comes into force while both last. None where the subscription is not active.
    """
    begins_us = max(subscription.valid_from_us, cycle.from_us)
    ends_us = _earlier(subscription.valid_until_us, cycle.until_us)
    if begins_us >= ends_us:
        return None
    index = plan_version_index_at(subscription.plan_id, begins_us, enumerate(plan_versions))
    if index != NO_PLAN_VERSION:
        return plan_versions[index]
    later = [
        version
        for version in plan_versions
        if version.plan_id == subscription.plan_id and begins_us < version.valid_from_us < ends_us
    ]
    return min(later, key=lambda version: (version.valid_from_us, -version.version), default=None)


def _fees(
    subscription: Subscription, version: RatePlanVersion, *, service_on: date
) -> list[InvoiceLine]:
    fees = [("rental", "", version.monthly_rental_micros, "voice")]
    fees += [
        ("function_fee", fee.name, fee.monthly_micros, "information")
        for fee in version.function_fees
    ]
    return [
        _line(
            kind=kind,
            account_id=subscription.account_id,
            subscription_id=subscription.subscription_id,
            service_number=subscription.service_number or "",
            plan_id=version.plan_id,
            plan_version=version.version,
            item=item,
            amount_micros=micros,
            vat_category=category,
            service_on=service_on,
        )
        for kind, item, micros, category in fees
        if micros
    ]


def _line(
    *,
    kind: str,
    account_id: str,
    service_number: str,
    plan_id: str,
    plan_version: int,
    amount_micros: int,
    vat_category: str,
    service_on: date,
    subscription_id: str = "",
    item: str = "",
    relation: str = "",
    zone: str = "",
    band: str = "",
    calls: int = 0,
    billable_ms: int = 0,
    usage_micros: int = 0,
) -> InvoiceLine:
    """Round an amount to cents, once, and split off its VAT, once."""
    amount_cents = cents_of_micros(amount_micros)
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
        amount_cents=amount_cents,
        vat_category=vat_category,
        vat_percent=percent,
        net_cents=net_cents,
        tax_cents=tax_cents,
    )


def _earlier(us: int | None, other_us: int) -> int:
    return other_us if us is None else min(us, other_us)
