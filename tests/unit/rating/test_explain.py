"""rating/explain.py: what goldens (``explanations.txt``) cannot say: differences, and reasons."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.explain import explain_call
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, RateStep

STEP = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)
DAY = Rate(rate_id="day", party="enterprise", steps=(STEP,))
HOLIDAY = replace(
    DAY, rate_id="holiday", band="holiday", steps=(replace(STEP, price_micros=60_000),)
)
CALLER = replace(DAY, rate_id="caller", party="caller")
VERSION = RatePlanVersion(
    plan_id="p",
    version=1,
    name="P",
    tz="Asia/Shanghai",
    valid_from_us=0,
    valid_until_us=None,
    split="independent",
    rates=(DAY, HOLIDAY, CALLER),
    bands=(Band(name="holiday", day_kinds=("holiday",)),),
    calendar="cn",
)
PLAIN = Calendar(name="cn", version="1", days={}, confirmed_years=frozenset({2026}))
START_US = int(datetime(2026, 10, 5, 12, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()) * 1_000_000
ROW = {
    "billing_started_at_us": START_US,
    "answered_at_us": START_US,
    "is_continuation": False,
    "service_number": "4008001234",
    "calling_number": None,
    "calling_kind": "privacy",
    "calling_region_id": 0,
    "answering_number": None,
    "answering_kind": "none",
    "answering_region_id": 0,
    "relation": "unknown",
    "enterprise_billable_ms": 61_000,
    "caller_billable_ms": 1_000,
    # Two minutes at 0.12, one minute at 0.12.
    "enterprise_charge_micros": 240_000,
    "caller_charge_micros": 120_000,
}


def test_a_call_that_is_priced_as_it_was_agrees():
    explanation = explain_call(ROW, VERSION, {"cn": PLAIN})
    assert explanation.agrees
    assert [share.explained_micros for share in explanation.shares] == [240_000, 120_000]


def test_a_calendar_that_changed_since_shows_as_a_difference_of_the_party_it_touches():
    holiday = replace(PLAIN, days={date(2026, 10, 5): "holiday"})
    explanation = explain_call(ROW, VERSION, {"cn": holiday})
    # Two minutes at the holiday's 0.06; the caller's rate knows no band.
    assert explanation.enterprise.explained_micros == 120_000
    assert explanation.enterprise.stored_micros == 240_000
    assert [share.agrees for share in explanation.shares] == [False, True]
    assert not explanation.agrees


def test_a_year_that_is_confirmed_no_more_leaves_no_price_and_says_why():
    open_year = replace(PLAIN, confirmed_years=frozenset())
    explanation = explain_call(ROW, VERSION, {"cn": open_year})
    assert explanation.reason is SuspenseReason.CALENDAR_YEAR_UNCONFIRMED
    assert explanation.enterprise.case == "no_price"
    assert explanation.enterprise.pieces == ()
    assert [share.explained_micros for share in explanation.shares] == [None, None]
    # The caller's own rate has a price; without the enterprise's the call has none.
    assert explanation.caller.case == "priced"
    assert not explanation.agrees


def test_where_nobody_was_bridged_no_prefix_of_the_answering_number_matches():
    tried = ROW | {"answering_number": 862161234567}
    version = replace(VERSION, rates=(DAY, replace(DAY, rate_id="shanghai", prefix="8621"), CALLER))
    explanation = explain_call(tried, version, {"cn": PLAIN})
    assert explanation.enterprise.facts.destination == ""
    assert explanation.enterprise.share.rate.rate_id == "day"
    bridged = explain_call(tried | {"answering_kind": "landline"}, version, {"cn": PLAIN})
    assert bridged.enterprise.share.rate.rate_id == "shanghai"


def test_prefixes_are_of_the_number_that_the_plan_names():
    version = replace(VERSION, prefix_of="service_number")
    assert explain_call(ROW, version, {"cn": PLAIN}).caller.facts.destination == "4008001234"
    version = replace(VERSION, prefix_of="calling_number")
    assert explain_call(ROW, version, {"cn": PLAIN}).caller.facts.destination == ""
