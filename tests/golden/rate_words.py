"""A rate and a plan from the words of the golden files."""

import re

from cdrpipe.money import micros_of
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep

STEP = re.compile(r"from (\S+) s: (\S+) per (\S+) s, by (\S+) s")
LIMIT = re.compile(r"\b(fee|min|max) (\S+)")
ROUND = re.compile(r"\bround (\w+)(?: (\d))?")


def ms_of(seconds: str) -> int:
    return micros_of(seconds) // 1_000


def read_rate(words: str, *, party: str) -> Rate:
    limits = {name: micros_of(amount) for name, amount in LIMIT.findall(words)}
    rounding, decimals = next(iter(ROUND.findall(words)), ("half_up", "4"))
    steps = tuple(
        RateStep(
            from_ms=ms_of(from_s),
            price_micros=micros_of(price),
            per_ms=ms_of(per_s),
            increment_ms=ms_of(by_s),
        )
        for from_s, price, per_s, by_s in STEP.findall(words)
    )
    assert len(steps) == words.count("from ")
    return Rate(
        rate_id=party,
        party=party,
        connect_fee_micros=limits.get("fee", 0),
        minimum_micros=limits.get("min"),
        maximum_micros=limits.get("max"),
        steps=steps,
        rounding=rounding,
        decimals=int(decimals or 6),
    )


def version_of(*rates: Rate, split: str) -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="golden",
        version=1,
        name="golden",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split=split,
        rates=rates,
    )
