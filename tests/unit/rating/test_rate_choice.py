"""rating/rate_choice.py: why a rate won, and why each other one did not."""

from dataclasses import fields, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cdrpipe.rating.charge import PricedShare, price_call
from cdrpipe.rating.rate_choice import MATCHERS, RATES_TOLD_MAX, weigh_rates
from cdrpipe.rating.rate_group import CallFacts, mismatches
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, RateStep, Zone

HOUR_MS = 3_600_000
STEP = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)
NIGHT_US = int(datetime(2026, 10, 5, 21, 59, 30, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
CALL = CallFacts(
    billable_ms=61_000,
    start_us=NIGHT_US * 1_000_000,
    destination="862161234567",
    calling_region_id=110010,
    answering_region_id=310021,
    relation="long_distance",
    calling_kind="mobile",
    answering_kind="landline",
)


def rate(rate_id, **named):
    return Rate(rate_id=rate_id, party="enterprise", steps=(STEP,), **named)


def version_of(*rates, **terms):
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="P",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split="independent",
        rates=rates,
        **terms,
    )


def told(version, call=CALL):
    share = price_call(version, None, party="enterprise", call=call)
    assert isinstance(share, PricedShare)
    choice = weigh_rates(version, None, party="enterprise", call=call, share=share)
    return [(each.rate.rate_id, each.verdict, each.matcher) for each in choice.rates], choice.others


def test_the_longest_prefix_wins_and_the_others_are_shorter_or_do_not_match():
    version = version_of(
        rate("any"),
        rate("86", prefix="86"),
        rate("8621", prefix="8621"),
        rate("8610", prefix="8610"),
    )
    assert told(version) == (
        [
            ("8621", "won", ""),
            ("86", "shorter_prefix", "prefix"),
            ("any", "shorter_prefix", "prefix"),
            ("8610", "does_not_match", "prefix"),
        ],
        0,
    )


def test_a_rate_that_names_less_loses_by_the_first_matcher_that_only_the_winner_names():
    version = version_of(
        rate("kind", calling_kind="mobile", answering_kind="landline"),
        rate("relation", relation="long_distance"),
        rate("local", relation="local"),
        rate("province", calling_province=11, relation="local"),
    )
    assert told(version)[0] == [
        ("relation", "won", ""),
        ("kind", "names_less", "relation"),
        ("local", "does_not_match", "relation"),
        ("province", "does_not_match", "relation"),
    ]


def test_a_rate_that_misses_by_two_things_is_counted_and_not_told():
    version = version_of(rate("any"), rate("far", relation="local", calling_kind="landline"))
    assert told(version) == ([("any", "won", "")], 1)


def test_bands_of_the_winners_group_are_told_apart():
    bands = (
        Band(name="evening", priority=1, from_ms=18 * HOUR_MS, until_ms=22 * HOUR_MS),
        Band(name="late", priority=0, from_ms=20 * HOUR_MS, until_ms=23 * HOUR_MS),
        Band(name="dawn", priority=0, from_ms=4 * HOUR_MS, until_ms=6 * HOUR_MS),
    )
    rates = (rate("any"), *(rate(band.name, band=band.name) for band in bands))
    by_start = version_of(*rates, bands=bands)
    assert told(by_start)[0] == [
        ("evening", "won", ""),
        ("any", "below_bands", ""),
        ("late", "lower_priority", ""),
        ("dawn", "band_not_active", ""),
    ]
    # 21:59:30 and 61 s: the second minute begins at 22:00:30, in the band that goes on till 23.
    walked = told(replace(by_start, band_option="split"))[0]
    assert ("late", "holds_later", "") in walked


def test_of_two_that_name_as_much_the_first_stands():
    # No reader of decks lets these two through: a call can be in both zones.
    zones = tuple(Zone(name=name, provinces=(11,)) for name in ("a", "b"))
    version = version_of(rate("one", zone="a"), rate("two", zone="b"), zones=zones)
    assert told(version)[0] == [("one", "won", ""), ("two", "stands_later", "")]


def test_of_many_prefixes_the_nearest_are_told():
    rates = [rate(f"r{number}", prefix=f"86{number}") for number in range(100, 900)]
    version = version_of(rate("any"), *rates)
    rows, others = told(version)
    # 8621… wins by nothing but "any"; 210 to 219 share four digits with 862161…, 216 five.
    assert rows[0] == ("r216", "won", "")
    assert rows[1] == ("any", "shorter_prefix", "prefix")
    assert {name for name, _, _ in rows[2:11]} == {f"r21{digit}" for digit in range(10)} - {"r216"}
    assert len(rows) == RATES_TOLD_MAX
    assert len(rows) + others == 801


def test_a_quantity_without_a_clock_knows_no_active_band():
    bands = (Band(name="evening", from_ms=18 * HOUR_MS, until_ms=22 * HOUR_MS),)
    version = version_of(rate("any"), rate("evening", band="evening"), bands=bands)
    assert told(version, replace(CALL, start_us=None))[0] == [
        ("any", "won", ""),
        ("evening", "band_not_active", ""),
    ]


MATCHING = {
    "prefix": ("8621", "8610"),
    "calling_area": (110010, 440755),
    "calling_province": (11, 44),
    "zone": ("north", "south"),
    "answering_area": (310021, 440755),
    "answering_province": (31, 44),
    "relation": ("long_distance", "local"),
    "calling_kind": ("mobile", "landline"),
    "answering_kind": ("landline", "mobile"),
}
ZONES = {"north": Zone(name="north", provinces=(11,)), "south": Zone(name="south", provinces=(44,))}


@pytest.mark.parametrize("matcher", MATCHERS)
def test_each_matcher_speaks_against_a_call_it_does_not_fit_and_against_no_other(matcher):
    fits, misses = MATCHING[matcher]
    assert list(mismatches(rate("fits", **{matcher: fits}), CALL, ZONES)) == []
    assert list(mismatches(rate("misses", **{matcher: misses}), CALL, ZONES)) == [matcher]


def test_where_nobody_was_bridged_no_answering_region_fits():
    nobody = replace(CALL, answering_kind="none")
    both = rate("both", answering_area=310021, answering_province=31)
    assert list(mismatches(both, nobody, {})) == ["answering_area", "answering_province"]


def test_the_matchers_are_what_a_rate_matches_by_in_its_order():
    named = rate("all", **{matcher: fits for matcher, (fits, _) in MATCHING.items()})
    assert named.match == tuple(fits for fits, _ in MATCHING.values())
    assert tuple(MATCHING) == MATCHERS
    assert set(MATCHERS) < {field.name for field in fields(Rate)}
