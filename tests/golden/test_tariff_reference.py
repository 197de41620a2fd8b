"""The second example of docs/tariffs.md costs what is worked there."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.numbering.calendar import DAY_KINDS
from cdrpipe.rating.charge import PricedShare, price_call
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.deck_csv import DECK_COLUMNS
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import BAND_OPTIONS, PREFIX_SOURCES

REFERENCE = (Path(__file__).parents[2] / "docs" / "tariffs.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", REFERENCE, re.DOTALL)[1]
CN = load_calendars()["cn"]
SHENZHEN, BEIJING = 440755, 110010


def charge_of(region_id: int, start: str, *, band_option: str = "split") -> int | SuspenseReason:
    [version] = parse_rate_plan(EXAMPLE, file="tariffs.md", calendars=["cn"])
    instant = datetime.fromisoformat(f"{start}+08:00") - datetime(1970, 1, 1, tzinfo=UTC)
    call = CallFacts(
        billable_ms=95_000,
        start_us=instant // timedelta(microseconds=1),
        calling_region_id=region_id,
        calling_kind="mobile",
        answering_kind="landline",
    )
    priced = price_call(
        replace(version, band_option=band_option), CN, party="enterprise", call=call
    )
    return priced.charge_micros if isinstance(priced, PricedShare) else priced


@pytest.mark.parametrize(
    ("region_id", "start", "micros"),
    [
        (SHENZHEN, "2026-01-09T20:59:30", 156_000),
        (SHENZHEN, "2026-10-01T00:30:00", 48_000),
        (BEIJING, "2026-10-01T00:30:00", 480_000),
        (BEIJING, "2027-10-01T00:30:00", 480_000),
        (SHENZHEN, "2027-10-01T00:30:00", SuspenseReason.CALENDAR_YEAR_UNCONFIRMED),
    ],
)
def test_the_example_by_clock_and_calendar_costs_what_is_worked(
    region_id: int, start: str, micros: int | SuspenseReason
) -> None:
    assert charge_of(region_id, start) == micros


def test_the_same_by_its_start_costs_what_is_worked() -> None:
    assert charge_of(SHENZHEN, "2026-01-09T20:59:30", band_option="by_start") == 240_000


def test_the_deck_and_the_calendar_of_the_reference_can_be_read(tmp_path: Path) -> None:
    deck, calendar = re.findall(r"```csv\n(.*?)```", REFERENCE, re.DOTALL)
    plan = f'deck = "d"\n{EXAMPLE}'
    [version] = parse_rate_plan(plan, file="tariffs.md", read_deck=lambda _: deck)
    assert sum(rate.prefix is not None for rate in version.rates) == 3
    path = tmp_path / "calendar.csv"
    path.write_text(calendar, encoding="utf-8")
    assert 2027 in load_calendars([path])["cn"].confirmed_years


def test_the_reference_names_every_word_of_the_language() -> None:
    for word in (*DECK_COLUMNS, *DAY_KINDS, *BAND_OPTIONS, *PREFIX_SOURCES):
        assert re.search(rf"`\"?{word}\"?`", REFERENCE), word
