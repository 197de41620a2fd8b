"""The published plans that the demo and other tests use (``cdrpipe/demo/plans``)."""

import itertools
from pathlib import Path

import pytest

import cdrpipe
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.rating.charge import PricedShare, price_call
from cdrpipe.rating.rate_group import CallFacts, select_group
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import PAYING_PARTIES, RatePlanVersion

PLANS = Path(cdrpipe.__file__).parent / "demo" / "plans"


def plan(name: str) -> RatePlanVersion:
    file = PLANS / f"{name}.toml"
    [version] = parse_rate_plan(file.read_text(encoding="utf-8"), file=file.name)
    assert version.plan_id == name
    return version


def charge_of(
    name: str,
    party: str,
    seconds: int,
    *,
    relation: str = "unknown",
    calling_kind: str = "unknown",
    answering_kind: str = "none",
) -> int:
    call = CallFacts(
        billable_ms=seconds * 1_000,
        relation=relation,
        calling_kind=calling_kind,
        answering_kind=answering_kind,
    )
    share = price_call(plan(name), None, party=party, call=call)
    assert isinstance(share, PricedShare)
    return share.charge_micros


@pytest.mark.parametrize("name", sorted(file.stem for file in PLANS.glob("*.toml")))
def test_every_plan_prices_every_call_also_of_unknown_origin(name: str) -> None:
    version = plan(name)
    calling_kinds = [kind for kind in NUMBER_KINDS if kind != "none"]
    for party, relation, calling_kind, answering_kind in itertools.product(
        PAYING_PARTIES, RELATIONS, calling_kinds, NUMBER_KINDS
    ):
        call = CallFacts(
            billable_ms=1,
            relation=relation,
            calling_kind=calling_kind,
            answering_kind=answering_kind,
        )
        assert select_group(version, party=party, call=call)


@pytest.mark.parametrize(
    ("name", "minute_micros"),
    [
        ("cloud-vendor", 110_000),
        ("reseller-monthly-300", 120_000),
        ("reseller-monthly-800", 80_000),
        ("reseller-monthly-1500", 50_000),
        ("reseller-pool-3000", 120_000),
        ("reseller-annual-480", 150_000),
        ("reseller-annual-1200", 150_000),
    ],
)
def test_a_started_minute_costs_what_the_plan_publishes(name: str, minute_micros: int) -> None:
    assert charge_of(name, "enterprise", 60) == minute_micros
    assert charge_of(name, "enterprise", 61) == 2 * minute_micros


def test_the_callers_share_is_that_of_a_local_call() -> None:
    def share(seconds: int, calling_kind: str) -> int:
        return charge_of("cloud-vendor", "caller", seconds, calling_kind=calling_kind)

    assert [share(s, "landline") for s in (1, 180, 181, 241)] == [
        220_000,
        220_000,
        330_000,
        440_000,
    ]
    assert [share(61, kind) for kind in ("mobile", "privacy", "unknown", "international")] == [
        380_000,
        380_000,
        300_000,
        0,
    ]


def test_local_and_long_distance_are_priced_apart() -> None:
    def minute(relation: str, answering_kind: str) -> int:
        return charge_of(
            "local-and-long-distance",
            "enterprise",
            60,
            relation=relation,
            answering_kind=answering_kind,
        )

    assert minute("local", "landline") == 100_000
    assert minute("local", "mobile") == minute("local", "none") == 120_000
    assert minute("long_distance", "landline") == 200_000
    assert minute("long_distance", "mobile") == minute("unknown", "landline") == 240_000
    assert minute("international", "landline") == 360_000


def test_what_the_plans_promise_beside_their_prices_is_kept() -> None:
    vendor = plan("cloud-vendor")
    assert vendor.monthly_rental_micros == 120_000_000
    assert vendor.minimum is not None
    assert vendor.minimum.monthly_micros == 120_000_000
    assert vendor.minimum.is_owed_in_opening_month
    for name, yuan, minutes in (("300", 300, 500), ("800", 800, 2_000), ("1500", 1_500, 5_000)):
        monthly = plan(f"reseller-monthly-{name}")
        assert monthly.monthly_rental_micros == yuan * 1_000_000
        assert monthly.allowance is not None
        assert monthly.allowance.monthly_ms == minutes * 60_000
    pool = plan("reseller-pool-3000").pool
    assert pool is not None
    assert (pool.granted_micros, pool.valid_months) == (3_000_000_000, 36)
    assert pool.renewal_restarts_period
    for name, yuan in (("480", 40), ("1200", 100)):
        annual = plan(f"reseller-annual-{name}")
        assert annual.minimum is not None
        assert annual.minimum.monthly_micros == yuan * 1_000_000
        assert not annual.minimum.is_owed_in_opening_month
        assert annual.prepaid is not None
        assert annual.prepaid.top_up_micros_min == 600_000_000
        assert annual.prepaid.top_up_minimum_months == 3
    assert plan("caller-pays-part").split == "rest"
