"""What the linter says of time and of calls is what the rule of rating does with them."""

import re
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_findings import HEAD, REST, findings_of

from cdrpipe.cdr.relation import relation
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.numbering.region import REGION_IDS_WITHOUT_AREA
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Rate
from cdrpipe.tariff.time_band import NO_BAND, active_index

TZ = "Asia/Shanghai"
HOURS = st.integers(0, 23).map("{:02}:00".format)
WEEKDAYS = st.sampled_from(['"mon-fri"', '["sat", "sun"]', '"mon-sun"', '["fri"]'])
MONTHS = st.sampled_from(['["1-12"]', '["1-6"]', '["7-12"]', '["2-1"]'])


@st.composite
def bands(draw) -> str:
    """Up to four bands whose priorities differ, and a rate in each."""
    count = draw(st.integers(1, 4))
    text = ""
    for number in range(count):
        start, end = draw(HOURS), draw(HOURS)
        text += f'[[band]]\nname = "b{number}"\npriority = {number}\n'
        if start != end:
            text += f'from = "{start}"\nuntil = "{end}"\n'
        if draw(st.booleans()):
            text += f"weekdays = {draw(WEEKDAYS)}\n"
        if draw(st.booleans()):
            text += f"months = {draw(MONTHS)}\n"
    return HEAD + text + "".join(REST + f'band = "b{number}"\n' for number in range(count))


def us_of(local: datetime) -> int:
    return (local.replace(tzinfo=ZoneInfo(TZ)) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@given(text=bands(), hours=st.lists(st.integers(0, 24 * 730 - 1), min_size=200, max_size=200))
def test_a_gap_is_told_where_the_clock_finds_no_band_and_nowhere_else(
    text: str, hours: list[int]
) -> None:
    [version] = parse_rate_plan(text, file="p.toml")
    gaps = [each for each in findings_of(text) if each.code == "BAND_GAP"]
    first = datetime(2026, 1, 1)  # noqa: DTZ001 - local time, placed in its zone above
    open_hours = [
        hour
        for hour in hours
        if active_index(version.bands, us_of(first + timedelta(hours=hour)), TZ, None) == NO_BAND
    ]
    if not gaps:
        assert open_hours == []
        return
    [found] = gaps
    day, clock = re.search(r"day (\d{4}-\d\d-\d\d) from (\d\d:\d\d) until", found.message).groups()
    gap_us = us_of(datetime.fromisoformat(f"{day}T{clock}"))
    assert active_index(version.bands, gap_us, TZ, None) == NO_BAND
    # It is the first one.
    assert all(us_of(first + timedelta(hours=hour)) >= gap_us for hour in open_hours)


MATCHERS = {
    "relation": RELATIONS,
    "calling_kind": tuple(kind for kind in NUMBER_KINDS if kind != "none"),
    "answering_kind": NUMBER_KINDS,
    "calling_area": ("0755", "020", "010"),
    "calling_province": ("Guangdong", "Beijing", "Abroad", "Unknown"),
}
REGIONS = (440755, 440020, 110010, 310021)


def any_call(random: Random) -> tuple[str, int, str, int, str]:
    """Make up a call: kind and region of both ends, and the relation that rating gives it."""

    def end() -> tuple[str, int]:
        kind = random.choice(NUMBER_KINDS[:-1])
        if kind == "international":
            return kind, random.choice(REGION_IDS_WITHOUT_AREA[1:])
        if kind in ("service", "privacy", "unknown"):
            return kind, 0
        return kind, random.choice(REGIONS if kind == "landline" else (*REGIONS, 0))

    (kind, region), (other_kind, other_region) = end(), end()
    home = random.choice((*REGIONS, 0))
    if random.random() < 0.2:
        other_kind, other_region = "none", home
    code = relation(
        calling_kind=NUMBER_KINDS.index(kind),
        calling_region_id=region,
        other_region_id=other_region,
    )
    return kind, region, other_kind, other_region, RELATIONS[code]


def is_matched(rate: Rate, call: tuple[str, int, str, int, str]) -> bool:
    kind, region, other_kind, _, name = call
    return (
        rate.relation in (None, name)
        and rate.calling_kind in (None, kind)
        and rate.answering_kind in (None, other_kind)
        and rate.calling_area in (None, region)
        and rate.calling_province in (None, region // 10_000)
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_gap_means_that_every_call_finds_a_rate_and_unreachable_that_none_does(
    seed: int,
) -> None:
    random = Random(seed)
    named = sorted(
        {
            tuple(sorted({random.choice([*MATCHERS]) for _ in range(random.choice((0, 1, 1, 2)))}))
            for _ in range(3)
        }
    )
    texts = [
        "".join(f'{key} = "{value}"\n' for key, value in zip(keys, values, strict=True))
        for keys in named
        for values in sorted(
            {tuple(random.choice(MATCHERS[key]) for key in keys) for _ in range(8)}
        )
    ]
    text = HEAD + "".join(REST + each for each in texts)
    if any(each.severity == "error" for each in findings_of(text)):
        return
    [version] = parse_rate_plan(text, file="p.toml")
    found = findings_of(text)
    calls = [any_call(random) for _ in range(2_000)]
    unpriced = [call for call in calls if not any(is_matched(r, call) for r in version.rates)]
    has_gap = any(each.code.endswith("_WITHOUT_RATE") for each in found)
    assert has_gap or not unpriced
    lines = {each.line for each in found if each.code == "RATE_UNREACHABLE"}
    winners = set()
    for call in calls:
        matching = [rate for rate in version.rates if is_matched(rate, call)]
        if matching:
            winners.add(max(matching, key=lambda rate: rate.precedence).rate_id)
    line = 3
    for rate, matchers in zip(version.rates, texts, strict=True):
        assert line not in lines or rate.rate_id not in winners
        line += REST.count("\n") + matchers.count("\n")
