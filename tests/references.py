"""What the path looks things up in, small and by hand."""

import datetime as dt
from functools import cache

from records import CHINA

from cdrpipe.guiding.guide import build_guide_table
from cdrpipe.guiding.ownership import Ownership, Subscription
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.numbering.region import RegionTable
from cdrpipe.pipeline import Reference
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_table import build_rate_table

# 0.10 local, 0.20 long distance and 0.30 otherwise a started minute; the caller pays 0.22 for
# three minutes and 0.11 for each further one.
PLAN = """
id = "two-prices"
name = "Two prices"
valid_from = 2026-01-01

[[rate]]
party = "enterprise"
relation = "local"
price_per_minute = "0.10"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "long_distance"
price_per_minute = "0.20"
increment = "60s"

[[rate]]
party = "enterprise"
price_per_minute = "0.30"
increment = "60s"

[[rate]]
party = "caller"

[[rate.step]]
from = "0s"
price = "0.22"
per = "3min"
increment = "3min"

[[rate.step]]
from = "3min"
price_per_minute = "0.11"
increment = "60s"
"""


def instant_us(year: int, month: int, day: int, hour: int = 0) -> int:
    """Give an instant of China's clock in UTC microseconds."""
    return int(dt.datetime(year, month, day, hour, tzinfo=CHINA).timestamp()) * 1_000_000


@cache
def regions() -> RegionTable:
    """Give the built-in region table."""
    return load_region_table()


def owned(service_number: str, account_id: str = "A1", **columns: object) -> Ownership:
    """Describe a number owned since 2026, billed from the answer, at home in Shanghai."""
    plain: dict = {
        "valid_from_us": instant_us(2026, 1, 1),
        "valid_until_us": None,
        "bill_from": "answered",
        "bridged_is_answered_for": (),
        "home_region_id": 310021,
    }
    return Ownership(service_number=service_number, account_id=account_id, **{**plain, **columns})


def reference(
    *ownerships: Ownership, plan: str = PLAN, subscribed_until_us: int | None = None
) -> Reference:
    """Give the owners of some numbers, each account on the one plan."""
    versions = parse_rate_plan(plan, file="plan.toml")
    subscriptions = [
        Subscription(
            subscription_id=f"S-{account_id}",
            account_id=account_id,
            plan_id=versions[0].plan_id,
            service_number=None,
            valid_from_us=instant_us(2026, 1, 1),
            valid_until_us=subscribed_until_us,
        )
        for account_id in sorted({ownership.account_id for ownership in ownerships})
    ]
    return Reference(
        regions=regions(),
        guide=build_guide_table(ownerships, subscriptions, versions),
        rates=build_rate_table(versions),
        plan_versions=versions,
    )
