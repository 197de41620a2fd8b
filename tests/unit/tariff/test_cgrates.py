"""CGRateS tariff plans: what a folder becomes, what differs, and every fault with its line."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

import cdrpipe.tariff.cgrates_difference
from cdrpipe.errors import ConfigError, TariffError
from cdrpipe.tariff.cgrates import CgratesPlan, read_cgrates_plan
from cdrpipe.tariff.cgrates_cells import Span, read_activation, read_day_time, read_price, read_span
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep

# Shops are called at the day's price from 08:00 on workdays, else at the night's; any other number
# costs 0.3 a minute.
FILES = {
    "Destinations.csv": "#Id,Prefix\nDST_SHOP,4008\nDST_SHOP,voicemail\n",
    "Timings.csv": (
        "#Id,Years,Months,MonthDays,WeekDays,Time\n"
        "DAY,*any,*any,*any,1;2;3;4;5,08:00:00\n"
        "EVENING,*any,*any,*any,1;2;3;4;5,18:00:00\n"
        "ALWAYS,*any,*any,*any,*any,00:00:00\n"
    ),
    "Rates.csv": (
        "#Id,ConnectFee,Rate,RateUnit,RateIncrement,GroupIntervalStart\n"
        "RT_DAY,0.1,0.6,60s,60s,0s\n"
        "RT_DAY,0,0.3,60s,6s,1m\n"
        "RT_NIGHT,0,0.12,60s,60s,0s\n"
        "RT_ANY,0,0.3,1m,1s,0\n"
    ),
    "DestinationRates.csv": (
        "#Id,DestinationId,RatesTag,RoundingMethod,RoundingDecimals,MaxCost,MaxCostStrategy\n"
        "DR_DAY,DST_SHOP,RT_DAY,*up,4,2,*free\n"
        "DR_NIGHT,DST_SHOP,RT_NIGHT,*middle,2,0,\n"
        "DR_ANY,*any,RT_ANY,*down,3,,\n"
    ),
    "RatingPlans.csv": (
        "#Id,DestinationRatesId,TimingTag,Weight\n"
        "RP_SHOP,DR_DAY,DAY,10\n"
        "RP_SHOP,DR_NIGHT,EVENING,10\n"
        "RP_SHOP,DR_NIGHT,ALWAYS,5\n"
        "RP_SHOP,DR_ANY,*any,10\n"
    ),
    "RatingProfiles.csv": (
        "#Tenant,Category,Subject,ActivationTime,RatingPlanId,RatesFallbackSubject\n"
        "example.org,call,1001,2026-01-01T00:00:00Z,RP_SHOP,\n"
    ),
}


def read(tz: str = "UTC", **changed: str) -> CgratesPlan:
    """Read FILES with some of them changed: ``Rates="..."`` is Rates.csv, None leaves it out."""
    texts = {**FILES, **{f"{name}.csv": text for name, text in changed.items()}}
    return read_cgrates_plan(texts, tz=tz)


def only_version(plan: CgratesPlan) -> RatePlanVersion:
    [[version]] = plan.plans.values()
    return version


def rates_of(plan: CgratesPlan, prefix: str | None) -> list[Rate]:
    return [rate for rate in only_version(plan).rates if rate.prefix == prefix]


def codes(plan: CgratesPlan) -> set[str]:
    return {difference.code for difference in plan.differences}


def places(plan: CgratesPlan, code: str) -> tuple[str, ...]:
    [difference] = [each for each in plan.differences if each.code == code]
    return difference.places


def faults(**changed: str) -> list[tuple[str, str]]:
    with pytest.raises(TariffError) as caught:
        read(**changed)
    return [(fault.where, fault.message) for fault in caught.value.faults]


def us(*stamp: int) -> int:
    return int(datetime(*stamp, tzinfo=UTC).timestamp()) * 1_000_000


def test_a_subject_is_a_plan_and_an_activation_a_version():
    profiles = (
        "example.org,call,1001,2026-03-01T12:30:00Z,RP_SHOP,\n"
        "example.org,call,1001,2026-01-01T00:00:00Z,RP_SHOP,\n"
        "example.org,sms,*any,,RP_SHOP,\n"
    )
    plan = read(RatingProfiles=profiles)
    assert list(plan.plans) == ["example.org:call:1001", "example.org:sms:*any"]
    first, second = plan.plans["example.org:call:1001"]
    assert (first.version, first.valid_from_us) == (1, us(2026, 1, 1))
    assert first.valid_until_us == second.valid_from_us == us(2026, 3, 1, 12, 30)
    assert (second.version, second.valid_until_us) == (2, None)
    [of_sms] = plan.plans["example.org:sms:*any"]
    assert (of_sms.valid_from_us, of_sms.valid_until_us) == (0, None)
    assert (first.band_option, first.prefix_of, first.tz) == ("split", "service_number", "UTC")


def test_an_activation_without_an_offset_is_of_the_zone_given():
    profile = "example.org,call,1001,2026-01-01 00:00:00,RP_SHOP,\n"
    version = only_version(read(tz="Asia/Shanghai", RatingProfiles=profile))
    assert (version.tz, version.valid_from_us) == ("Asia/Shanghai", us(2025, 12, 31, 16))


def test_start_times_become_bands_that_end_with_the_day():
    bands = {band.name: band for band in only_version(read()).bands}
    assert set(bands) == {"DAY", "EVENING"}
    assert (bands["DAY"].from_ms, bands["DAY"].until_ms) == (8 * 3_600_000, 86_400_000)
    assert bands["DAY"].weekdays == (1, 2, 3, 4, 5)


def test_the_later_start_and_then_the_higher_weight_have_the_higher_priority():
    bands = {band.name: band.priority for band in only_version(read()).bands}
    assert bands["EVENING"] > bands["DAY"]
    heavier = FILES["RatingPlans.csv"].replace("DR_DAY,DAY,10", "DR_DAY,DAY,20")
    bands = {band.name: band.priority for band in only_version(read(RatingPlans=heavier)).bands}
    assert bands["DAY"] > bands["EVENING"]


def test_what_holds_always_and_below_the_others_needs_no_band():
    by_band = {rate.band: rate for rate in rates_of(read(), "4008")}
    assert set(by_band) == {"DAY", "EVENING", None}
    assert by_band[None].steps == by_band["EVENING"].steps
    [any_rate] = rates_of(read(), None)
    assert any_rate.band is None


def test_what_holds_always_above_the_others_is_a_band_of_the_whole_day():
    heaviest = FILES["RatingPlans.csv"].replace("ALWAYS,5", "ALWAYS,50")
    version = only_version(read(RatingPlans=heaviest))
    highest = max(version.bands, key=lambda band: band.priority)
    assert (highest.name, highest.from_ms, highest.until_ms) == ("ALWAYS", 0, 86_400_000)


def test_one_timing_at_two_weights_is_two_bands():
    twice = FILES["RatingPlans.csv"].replace("RP_SHOP,DR_ANY,*any,10", "RP_SHOP,DR_ANY,DAY,7.5")
    names = [band.name for band in only_version(read(RatingPlans=twice)).bands]
    assert names == ["DAY weight 7.5", "DAY weight 10", "EVENING"]


def test_a_rate_has_its_steps_fee_maximum_and_rounding():
    [day] = [rate for rate in rates_of(read(), "voicemail") if rate.band == "DAY"]
    assert day.steps == (
        RateStep(from_ms=0, price_micros=600_000, per_ms=60_000, increment_ms=60_000),
        RateStep(from_ms=60_000, price_micros=300_000, per_ms=60_000, increment_ms=6_000),
    )
    assert (day.connect_fee_micros, day.maximum_micros) == (100_000, 2_000_000)
    assert (day.rounding, day.decimals, day.party) == ("up", 4, "enterprise")
    [night] = [rate for rate in rates_of(read(), "voicemail") if rate.band == "EVENING"]
    assert (night.rounding, night.decimals, night.maximum_micros) == ("half_up", 2, None)


def test_rates_have_names_of_their_own():
    version = only_version(read())
    assert len({rate.rate_id for rate in version.rates}) == len(version.rates) == 7


@pytest.mark.parametrize(
    ("method", "decimals", "kept"),
    [
        ("*up", "4", ("up", 4)),
        ("*middle", "20", ("half_up", 6)),
        ("*down", "1", ("down", 1)),
        ("*up", "0", ("none", 4)),
        ("", "", ("none", 4)),
    ],
)
def test_rounding_keeps_its_meaning(method, decimals, kept):
    text = FILES["DestinationRates.csv"].replace("RT_ANY,*down,3", f"RT_ANY,{method},{decimals}")
    [rate] = rates_of(read(DestinationRates=text), None)
    assert (rate.rounding, rate.decimals) == kept


def test_only_free_is_a_maximum():
    text = FILES["DestinationRates.csv"].replace("2,*free", "2,*disconnect")
    plan = read(DestinationRates=text)
    assert {rate.maximum_micros for rate in only_version(plan).rates} == {None}
    assert places(plan, "DISCONNECT_NOT_APPLIED") == ("DestinationRates.csv:2",)
    assert places(read(), "MAXIMUM_CAPS_CALL") == ("DestinationRates.csv:2",)


def test_headers_comments_blank_lines_and_quotes_are_understood():
    destinations = 'Id,Prefix\n\n# shops\nDST_SHOP,"4008"\nDST_SHOP,voicemail\n'
    assert only_version(read(Destinations=destinations)) == only_version(read())
    windows = FILES["Rates.csv"].replace("\n", "\r\n")
    assert only_version(read(Rates="\ufeff" + windows)) == only_version(read())


def test_a_profile_of_the_older_form_is_read():
    older = "*out,example.org,call,1001,2026-01-01T00:00:00Z,RP_SHOP,,STATS_1\n"
    assert only_version(read(RatingProfiles=older)) == only_version(read())


def test_the_report_names_what_differs_and_where():
    profiles = (
        FILES["RatingProfiles.csv"]
        + "example.org,call,1001,2026-07-01T00:00:00Z,RP_SHOP,*any\n"
        + "example.org,call,*any,2026-07-01T00:00:00Z,RP_SHOP,\n"
    )
    plans = FILES["RatingPlans.csv"] + "RP_IDLE,DR_ANY,*any,10\n"
    plan = read(RatingProfiles=profiles, RatingPlans=plans, Actions="", RateProfiles="")
    assert places(plan, "SUM_ROUNDED_ONCE") == ()
    assert places(plan, "CALL_NOT_CUT_AT_ACTIVATION") == ("RatingProfiles.csv:3",)
    assert places(plan, "FALLBACK_NOT_FOLLOWED") == ("RatingProfiles.csv:3",)
    assert places(plan, "ANY_SUBJECT_IS_A_PLAN") == ("RatingProfiles.csv:4",)
    assert places(plan, "RATING_PLAN_UNUSED") == ("RatingPlans.csv:6",)
    assert places(plan, "FILE_NOT_READ") == ("Actions.csv", "RateProfiles.csv")
    assert "ONE_TIME_ZONE" in codes(plan)
    assert not {"CALL_NOT_CUT_AT_ACTIVATION", "RATING_PLAN_UNUSED", "FILE_NOT_READ"} & codes(read())


def test_the_report_says_how_far_rounded_increments_were_off():
    # 0.01 a minute by the second: 0.000166… an increment, of which CGRateS makes 0.00017.
    rates = FILES["Rates.csv"].replace("RT_ANY,0,0.3,1m,1s,0", "RT_ANY,0,0.01,1m,1s,0")
    plan = read(Rates=rates)
    [off] = [each for each in plan.differences if each.code == "INCREMENT_WAS_ROUNDED"]
    assert off.places == ("Rates.csv:5",)
    assert "+2.00 %" in off.message
    assert "INCREMENT_WAS_ROUNDED" not in codes(read())


def test_a_number_without_a_unit_is_a_quantity_and_reported():
    rates = FILES["Rates.csv"].replace("RT_ANY,0,0.3,1m,1s,0", "RT_ANY,0,0.01,1024,1,0")
    plan = read(Rates=rates)
    [rate] = rates_of(plan, None)
    assert rate.steps == (
        RateStep(from_ms=0, price_micros=10_000, per_ms=1_024_000, increment_ms=1_000),
    )
    assert places(plan, "NUMBER_WITHOUT_UNIT") == ("Rates.csv:5",)


def test_zero_decimals_finer_decimals_later_fees_and_ends_are_reported():
    plan = read(
        DestinationRates=FILES["DestinationRates.csv"]
        .replace("*middle,2", "*middle,0")
        .replace("*down,3", "*down,9"),
        Rates=FILES["Rates.csv"].replace("RT_DAY,0,0.3", "RT_DAY,0.2,0.3"),
        Timings=FILES["Timings.csv"].replace("08:00:00", "08:00:00;17:30:00"),
    )
    assert places(plan, "ZERO_DECIMALS_UNROUNDED") == ("DestinationRates.csv:3",)
    assert places(plan, "MICRO_IS_FINEST") == ("DestinationRates.csv:4",)
    assert places(plan, "LATER_FEE_NOT_OWED") == ("Rates.csv:3",)
    assert places(plan, "BAND_ENDS_BEFORE_END") == ("Timings.csv:2",)
    [day] = [band for band in only_version(plan).bands if band.name == "DAY"]
    assert day.until_ms == (17 * 60 + 30) * 60_000


def test_a_prefix_in_two_destinations_of_a_plan_is_reported():
    plan = read(
        Destinations=FILES["Destinations.csv"] + "DST_BOX,voicemail\n",
        DestinationRates=FILES["DestinationRates.csv"] + "DR_BOX,DST_BOX,RT_ANY,*up,4,,\n",
        RatingPlans=FILES["RatingPlans.csv"] + "RP_SHOP,DR_BOX,*any,20\n",
    )
    assert places(plan, "PREFIX_IN_TWO_DESTINATIONS") == ("RatingPlans.csv:6",)


def test_every_difference_is_in_the_docs():
    source = Path(cdrpipe.tariff.cgrates_difference.__file__).read_text(encoding="utf-8")
    told = re.findall(r'(?:code=|_found\(\s*)"([A-Z_]+)"', source)
    page = Path(__file__).parents[3] / "docs" / "cgrates.md"
    table = page.read_text(encoding="utf-8").partition("## What differs")[2]
    assert re.findall(r"^\| `([A-Z_]+)` \|", table, re.M) == list(dict.fromkeys(told))


def test_every_fault_is_found_with_its_line():
    found = faults(
        Destinations="DST_SHOP,4008\nDST_SHOP,\nDST_SHOP,1,2\n",
        Timings="DAY,*any,13,*any,1;9,8h\nDAY,*any,*any,*any,*any,25:00:00\n",
        Rates="RT_DAY,0.0000001,x,60s,60s,1s\nRT_NIGHT,0,1,1parsec,60s,0s\nRT_ANY,0,-1,1s,1s,0s\n",
        RatingPlans="RP_SHOP,DR_NONE,NEVER,heavy\n",
        RatingProfiles="example.org,call,1001,*now,RP_SHOP,\nexample.org,call\n",
    )
    assert [where for where, _ in found] == [
        "Destinations.csv:2",
        "Destinations.csv:3",
        *["Timings.csv:1"] * 3,
        *["Timings.csv:2"] * 2,
        *["Rates.csv:1"] * 3,
        "Rates.csv:2",
        "Rates.csv:3",
        *["RatingPlans.csv:1"] * 3,
        "RatingProfiles.csv:1",
        "RatingProfiles.csv:2",
    ]
    messages = "\n".join(message for _, message in found)
    assert 'months: expected numbers from 1 to 12 as "1;2" or *any, got "13"' in messages
    assert 'rate "RT_DAY" has no row that begins at 0s' in messages
    assert 'timing_id: there is no "NEVER"' in messages


def test_a_missing_file_is_a_fault_unless_it_is_not_needed():
    texts = {name: FILES[name] for name in FILES if name != "Rates.csv"}
    with pytest.raises(TariffError, match=r"fault.* in the CGRateS tariff plan") as caught:
        read_cgrates_plan(texts)
    assert caught.value.faults[0].where == "Rates.csv"
    one_price = {
        "Rates.csv": "RT,0,1,60s,60s,0s\n",
        "DestinationRates.csv": "DR,*any,RT,*up,4\n",
        "RatingPlans.csv": "RP,DR,*any,10\n",
        "RatingProfiles.csv": "t,call,*any,2026-01-01T00:00:00Z,RP\n",
    }
    assert len(only_version(read_cgrates_plan(one_price)).rates) == 1


@pytest.mark.parametrize(
    ("name", "text", "place", "said"),
    [
        ("Rates", FILES["Rates.csv"] + "RT_ANY,0,1,1s,1s,0s\n", "Rates.csv:6", "the same time"),
        (
            "Timings",
            FILES["Timings.csv"].replace("EVENING", "DAY"),
            "Timings.csv:3",
            "defined before",
        ),
        (
            "RatingProfiles",
            FILES["RatingProfiles.csv"] + "example.org,call,1001,2026-01-01T00:00:00Z,RP_SHOP,\n",
            "RatingProfiles.csv:3",
            "the same activation time",
        ),
        (
            "DestinationRates",
            FILES["DestinationRates.csv"].replace("*up", "*about"),
            "DestinationRates.csv:2",
            'got "*about"',
        ),
        (
            "DestinationRates",
            FILES["DestinationRates.csv"].replace("*free", "*beg"),
            "DestinationRates.csv:2",
            'got "*beg"',
        ),
        (
            "Rates",
            FILES["Rates.csv"].replace("RT_NIGHT,0,0.12", "RT_NIGHT,0,2000000"),
            "Rates.csv:4",
            "at most 1000000",
        ),
        ("Destinations", "DST_SHOP,40\x0008\n", "Destinations.csv:1", "cannot be printed"),
    ],
)
def test_a_fault_says_what_is_wrong(name, text, place, said):
    found = faults(**{name: text})
    assert any(where == place and said in message for where, message in found), found


def test_two_prices_of_one_rank_on_the_same_days_are_refused():
    also = FILES["RatingPlans.csv"] + "RP_SHOP,DR_ANY,ALWAYS,10\n"
    assert only_version(read(RatingPlans=also)), "the same price twice is one"
    other = FILES["RatingPlans.csv"] + "RP_SHOP,DR_NIGHT,DAY,10\n"
    [(where, message), _] = faults(RatingPlans=other)
    assert where == "RatingPlans.csv:6"
    assert "RatingPlans.csv:2 and DestinationRates.csv:2" in message


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(ConfigError, match="Europe/Atlantis"):
        read(tz="Europe/Atlantis")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("60s", Span(60_000, False)),
        ("1m30s", Span(90_000, False)),
        ("0.5s", Span(500, False)),
        ("1h", Span(3_600_000, False)),
        ("1000000ns", Span(1, False)),
        ("1", Span(1_000, True)),
        ("0.001", Span(1, True)),
        ("0", Span(0, True)),
    ],
)
def test_lengths_are_read_exactly(text, span):
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["1ns", "60 s", "-1s", "s", "0.0001", "1d", ""])
def test_what_is_no_length_of_whole_milliseconds_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        read_span(text)


@pytest.mark.parametrize(
    ("price", "per_ms"),
    [("0.12", 60_000), ("0.0000001", 1_000), ("0.123456789", 60_000), ("1e-9", 1_000), ("0", 1)],
)
def test_a_price_of_any_decimals_is_kept_exactly(price, per_ms):
    micros, scaled_ms = read_price(price, per_ms)
    assert Fraction(micros, scaled_ms) == Fraction(price) * 1_000_000 / per_ms


def test_times_of_day_run_to_the_end_of_the_day_unless_they_end():
    assert read_day_time("*any") == (0, 86_400_000)
    assert read_day_time("18:30:05") == (66_605_000, 86_400_000)
    assert read_day_time("08:00:00;18:00:00") == (28_800_000, 64_800_000)
    assert read_day_time("08:00:00;23:59:59") == (28_800_000, 86_400_000)
    with pytest.raises(ValueError, match="never active"):
        read_day_time("18:00:00;08:00:00")


@pytest.mark.parametrize(
    "text",
    ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "20260102030405", "1767323045"],
)
def test_an_activation_is_read_in_each_of_its_forms(text):
    assert read_activation(text, UTC) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
