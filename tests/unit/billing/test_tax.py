"""billing/tax.py: rates by date, and amounts split by hand."""

from datetime import date

import pytest

from cdrpipe.billing.tax import split_vat, vat_percent


@pytest.mark.parametrize(
    ("category", "service_on", "percent"),
    [
        ("voice", date(2025, 12, 31), 9),
        ("voice", date(2026, 1, 1), 9),
        ("messages", date(2025, 12, 31), 6),
        ("messages", date(2026, 1, 1), 9),
        ("information", date(2026, 10, 1), 6),
    ],
)
def test_the_rate_is_that_of_the_category_on_the_day_of_service(category, service_on, percent):
    assert vat_percent(category, service_on=service_on) == percent


@pytest.mark.parametrize(
    ("gross_cents", "percent", "net_cents", "tax_cents"),
    [
        (100, 9, 92, 8),  # 1.00 / 1.09 = 0.9174…
        (109, 9, 100, 9),
        (30000, 9, 27523, 2477),  # 300 / 1.09 = 275.2293…
        (1, 9, 1, 0),  # 0.01 / 1.09 = 0.00917…
        (53, 6, 50, 3),
        (0, 9, 0, 0),
        (-100, 9, -92, -8),  # a credit mirrors the charge
        (10**15, 9, 917431192660550, 82568807339450),
    ],
)
def test_net_is_rounded_once_and_tax_is_the_rest(gross_cents, percent, net_cents, tax_cents):
    assert split_vat(gross_cents, percent=percent) == (net_cents, tax_cents)
