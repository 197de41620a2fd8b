"""Imported plans as texts: they are read back as they were, in sections or as lines of a deck."""

from datetime import UTC, datetime

from cdrpipe.tariff.cgrates_deck import SECTIONS_MAX, write_rate_plan
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, RateStep

MINUTE = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)


def us(*stamp):
    return int(datetime(*stamp, tzinfo=UTC).timestamp()) * 1_000_000


def version(*rates, **more):
    plain = {
        "plan_id": 'tenant:call:"1001"',
        "version": 1,
        "name": "周末",
        "tz": "Asia/Shanghai",
        "valid_from_us": us(2025, 12, 31, 16),
        "valid_until_us": None,
        "split": "independent",
        "rates": rates,
        "band_option": "split",
        "prefix_of": "service_number",
    }
    return RatePlanVersion(**{**plain, **more})


def rate(rate_id="r", **more):
    return Rate(**{"rate_id": rate_id, "party": "enterprise", "steps": (MINUTE,), **more})


def read_back(*versions):
    written = write_rate_plan(versions)
    return parse_rate_plan(written.text, file="t", read_deck=written.decks.__getitem__)


def test_everything_a_tariff_plan_can_say_is_read_back():
    bands = (
        Band(name="nights # and \\ days", priority=3, weekdays=(1, 7), from_ms=1_000),
        Band(name="spring", months=(3, 4), month_days=(1, 31), years=(2026,), until_ms=72_061_000),
    )
    steps = (
        RateStep(from_ms=0, price_micros=1, per_ms=1_500, increment_ms=1),
        RateStep(from_ms=10**15, price_micros=0, per_ms=86_400_001, increment_ms=2**40),
    )
    one = version(
        rate("voicemail", prefix="voice&mail", band="spring", connect_fee_micros=1),
        rate("stepped", steps=steps, maximum_micros=0, rounding="down", decimals=0),
        rate("unrounded", prefix="4", rounding="none"),
        bands=bands,
        valid_until_us=us(2026, 3, 1, 4, 30),
    )
    two = version(rate(), version=2, valid_from_us=us(2026, 3, 1, 4, 30))
    assert read_back(one, two) == (one, two)


def test_a_day_is_written_where_a_version_begins_at_midnight_in_its_zone():
    texts = [
        write_rate_plan([version(rate(), valid_from_us=at)]).text
        for at in (us(2025, 12, 31, 16), us(2026, 1, 1))
    ]
    assert "valid_from = 2026-01-01\n" in texts[0]
    assert "valid_from = 2026-01-01T08:00:00+08:00\n" in texts[1]


def test_many_rates_of_one_step_stand_in_a_deck():
    stepped = rate(
        "stepped",
        steps=(MINUTE, RateStep(from_ms=60_000, price_micros=1, per_ms=1, increment_ms=1)),
    )
    many = [
        rate(f"r{number}", prefix=f"86{number:04}", maximum_micros=5_000_000, rounding="up")
        for number in range(SECTIONS_MAX)
    ]
    large = version(stepped, *many)
    written = write_rate_plan([large])
    assert written.text.count("[[version.rate]]") == 1
    assert len(written.decks["version-1.csv"].splitlines()) == SECTIONS_MAX + 1
    assert read_back(large) == (large,)
    assert write_rate_plan([version(*many)]).decks == {}
