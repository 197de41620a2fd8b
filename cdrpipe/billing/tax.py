"""Value added tax: prices include it, and each line is split into net and tax once.

The rate depends on what was sold and on the date of the service. Source: China's VAT rates for
telecommunication services; messages became basic telecommunication on 2026-01-01.
"""

from dataclasses import dataclass
from datetime import date

from cdrpipe.money import half_up

VAT_CATEGORIES = ("voice", "messages", "information")


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRate:
    """The rate of a category for services from ``valid_from`` on, until a later one of it."""

    category: str  # one of VAT_CATEGORIES
    percent: int
    valid_from: date


VAT_RATES = (
    VatRate(category="voice", percent=9, valid_from=date.min),
    VatRate(category="messages", percent=6, valid_from=date.min),
    VatRate(category="messages", percent=9, valid_from=date(2026, 1, 1)),
    VatRate(category="information", percent=6, valid_from=date.min),
)
assert {rate.category for rate in VAT_RATES} == set(VAT_CATEGORIES)


def vat_percent(category: str, *, service_on: date) -> int:
    """Give the rate of a category on the date of the service.

    >>> vat_percent("messages", service_on=date(2025, 12, 31))
    6
    """
    assert category in VAT_CATEGORIES, category
    in_force = [r for r in VAT_RATES if r.category == category and r.valid_from <= service_on]
    return max(in_force, key=lambda rate: rate.valid_from).percent


def split_vat(gross_cents: int, *, percent: int) -> tuple[int, int]:
    """Split an amount that includes VAT into net and tax; the two always add up to it.

    net = gross / (1 + rate), rounded half-up to the cent; tax = gross - net.

    >>> split_vat(100, percent=9)
    (92, 8)
    """
    net_cents = half_up(gross_cents * 100, 100 + percent)
    return net_cents, gross_cents - net_cents
