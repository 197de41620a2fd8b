"""rating/allowance.py: what golden/allowances.txt cannot say: bands, reasons, order of grants."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.allowance import (
    CallKey,
    GrantedCall,
    TimeGrant,
    take_increments,
    use_grants,
)
from cdrpipe.rating.charge import price_call
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, RateStep

HOUR_MS = 3_600_000
DAY = Rate(
    rate_id="day",
    party="enterprise",
    connect_fee_micros=50_000,
    steps=(RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000),),
    rounding="down",
    decimals=4,
)
NIGHT = Rate(
    rate_id="night",
    party="enterprise",
    band="night",
    connect_fee_micros=900_000,
    steps=(RateStep(from_ms=0, price_micros=10_000, per_ms=60_000, increment_ms=1_000),),
    rounding="up",
    decimals=2,
)
VERSION = RatePlanVersion(
    plan_id="p",
    version=1,
    name="P",
    tz="Asia/Shanghai",
    valid_from_us=0,
    valid_until_us=None,
    split="independent",
    rates=(DAY, NIGHT),
    bands=(Band(name="night", from_ms=22 * HOUR_MS, until_ms=6 * HOUR_MS),),
    band_option="split",
)
LAST_DAY_MINUTE_US = (
    int(datetime(2026, 10, 5, 21, 59, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()) * 1_000_000
)


def call_of(
    call_id, billable_ms, *, version=VERSION, start_us=LAST_DAY_MINUTE_US, caller_micros=0, **facts
):
    call = CallFacts(billable_ms=billable_ms, start_us=start_us, **facts)
    share = price_call(version, None, party="enterprise", call=call)
    return GrantedCall(
        key=CallKey(start_us, call_id, "pabx", "", 0),
        service_number="4008001234",
        version=version,
        facts=call,
        enterprise_charge_micros=share.charge_micros,
        caller_charge_micros=caller_micros,
    )


def grant(left_ms, grant_id="allowance", **columns):
    return TimeGrant(
        grant_id=grant_id,
        left_ms=left_ms,
        **({"valid_from_us": 0, "valid_until_us": 2**62} | columns),
    )


def used(*calls, left_ms, calendars=None, **columns):
    return use_grants(calls, allowance=grant(left_ms), calendars=calendars or {}, **columns)


def test_whole_increments_are_taken_across_pieces_until_the_first_that_does_not_fit():
    share = price_call(
        VERSION, None, party="enterprise",
        call=CallFacts(billable_ms=65_000, start_us=LAST_DAY_MINUTE_US),
    )  # fmt: skip
    assert [(piece.rate_id, piece.increments) for piece in share.pieces] == [
        ("day", 1), ("night", 5),
    ]  # fmt: skip
    assert take_increments(share.pieces, 59_999) == (0, share.pieces)
    taken_ms, (rest,) = take_increments(share.pieces, 62_999)
    assert taken_ms == 62_000
    assert (rest.start_ms, rest.billed_ms, rest.increments) == (62_000, 3_000, 3)
    assert rest.exact_amount == 500
    assert take_increments(share.pieces, 10**9) == (65_000, ())


def test_the_rest_keeps_the_fee_of_the_calls_start_and_the_rounding_of_the_whole_call():
    # One minute by day and 5 s by night: 0.12 + 5 x 0.01/60 + 0.05, down to four decimals.
    use = used(call_of("c1", 65_000), left_ms=60_000)
    (paid,) = use.calls
    assert paid.call.enterprise_charge_micros == 170_800
    # 0.05 + 0.00083…, down to four decimals; by the night's rounding alone it would be 0.06.
    assert paid.charge_after_micros == 50_800
    assert use.left_ms == {"allowance": 0}


def test_by_start_the_band_at_the_start_measures_the_whole_call():
    version = replace(VERSION, band_option="by_start")
    use = used(call_of("c1", 65_000, version=version), left_ms=100_000)
    (paid,) = use.calls
    assert (paid.used_ms, paid.charge_after_micros) == (60_000, 170_000)
    assert use.left_ms == {"allowance": 40_000}


def test_a_free_number_uses_nothing():
    version = replace(VERSION, free_numbers=(8613800138000,))
    call = call_of("c1", 65_000, version=version, calling_number=8613800138000)
    use = used(call, left_ms=600_000)
    assert (use.calls[0].used_ms, use.calls[0].charge_after_micros) == (0, 0)


def test_a_call_whose_price_is_no_longer_known_keeps_its_charge_and_uses_nothing():
    holiday = Band(name="night", day_kinds=("holiday",))
    version = replace(VERSION, bands=(holiday,), calendar="cn")
    call = replace(call_of("c1", 60_000), version=version)
    use = used(call, left_ms=600_000)
    assert (use.calls[0].used_ms, use.calls[0].charge_after_micros) == (0, 170_000)


def test_the_calendar_that_the_version_names_tells_the_band():
    holiday = Band(name="night", day_kinds=("holiday",))
    version = replace(VERSION, bands=(holiday,), calendar="cn")
    calendar = Calendar(
        name="cn",
        version="1",
        days={date(2026, 10, 5): "holiday"},
        confirmed_years=frozenset({2026}),
    )
    call = replace(call_of("c1", 60_000), version=version)
    use = used(call, left_ms=1_000, calendars={"cn": calendar})
    assert use.calls[0].used_ms == 1_000
    # The calendar says so since the call was rated: what is left never costs more than the call.
    assert use.calls[0].charge_after_micros == 170_000


def test_a_grant_pays_only_for_calls_that_begin_while_it_is_valid():
    start_us = LAST_DAY_MINUTE_US
    call = call_of("c1", 60_000)
    pools = [
        grant(60_000, "expired", valid_until_us=start_us),
        grant(60_000, "later", valid_from_us=start_us + 1),
        grant(60_000, "in-force", valid_from_us=start_us, valid_until_us=start_us + 1),
    ]
    use = use_grants([call], allowance=None, pools=pools, calendars={})
    assert use.calls[0].used_ms_of == (("in-force", 60_000),)
    assert use.left_ms == {"expired": 60_000, "later": 60_000, "in-force": 0}


def test_under_split_rest_the_callers_charge_comes_off_the_total_of_the_rest():
    version = replace(VERSION, split="rest")
    call = replace(
        call_of("c1", 65_000, version=version, caller_micros=20_000),
        enterprise_charge_micros=150_800,
    )
    assert used(call, left_ms=60_000).calls[0].charge_after_micros == 30_800
    dear = replace(call, caller_charge_micros=60_000, enterprise_charge_micros=110_800)
    assert used(dear, left_ms=60_000).calls[0].charge_after_micros == 0


def test_calls_of_one_instant_are_taken_by_call_id_source_leg_and_part():
    base = call_of("b", 60_000)
    keys = [
        CallKey(LAST_DAY_MINUTE_US, *rest)
        for rest in [
            ("a", "pabx", "2", 0),
            ("a", "pabx", "2", 1),
            ("a", "switch", "1", 0),
            ("b", "pabx", "1", 0),
        ]
    ]
    calls = [replace(base, key=key) for key in reversed(keys)]
    use = used(*calls, left_ms=120_000)
    assert [each.call.key for each in use.calls] == keys
    assert [each.used_ms for each in use.calls] == [60_000, 60_000, 0, 0]
