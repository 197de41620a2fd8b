"""Which rate a call finds among many: the longest prefix, however many there are."""

import random

from cdrpipe.rating.rate_group import CallFacts, mismatches, select_group
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep

STEPS = (RateStep(from_ms=0, price_micros=1, per_ms=60_000, increment_ms=60_000),)


def version_of(*rates: Rate) -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split="independent",
        rates=rates,
    )


def rate(rate_id: str, **matchers: object) -> Rate:
    return Rate(rate_id=rate_id, party="enterprise", steps=STEPS, **matchers)


def found(version: RatePlanVersion, destination: str) -> str | None:
    group = select_group(
        version, party="enterprise", call=CallFacts(billable_ms=1, destination=destination)
    )
    return group[None].rate_id if group else None


def test_the_rate_found_is_that_of_a_look_at_every_rate() -> None:
    choose = random.Random(20_261_122)
    prefixes = {"".join(choose.choices("12é", k=choose.randint(1, 5))) for _ in range(80)}
    version = version_of(*(rate(prefix, prefix=prefix) for prefix in sorted(prefixes)))
    hits = 0
    for _ in range(2_000):
        destination = "".join(choose.choices("12é", k=choose.randint(0, 7)))
        call = CallFacts(billable_ms=1, destination=destination)
        matching = [each for each in version.rates if not list(mismatches(each, call, {}))]
        longest = max(matching, key=lambda each: len(each.prefix or ""), default=None)
        assert found(version, destination) == (None if longest is None else longest.rate_id)
        hits += longest is not None
    assert 500 < hits < 2_000


def test_versions_that_are_equal_in_name_keep_their_own_rates() -> None:
    one, other = version_of(rate("one", prefix="86")), version_of(rate("other", prefix="86"))
    assert (found(one, "8610"), found(other, "8610")) == ("one", "other")
