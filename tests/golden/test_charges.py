"""Charges worked by hand (``charges.txt``), by the plain rule and by the kernel."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pytest
from golden.rate_words import ms_of, read_rate

from cdrpipe.cdr.schema import NUMBER_KINDS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.money import micros_of
from cdrpipe.rating.charge import charge_call
from cdrpipe.rating.rate_batch import rate_batch
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion
from cdrpipe.tariff.rate_table import build_rate_table

GOLDEN = Path(__file__).with_name("charges.txt")
REFERENCE = Path(__file__).parents[2] / "docs" / "tariffs.md"
CALENDARS = load_calendars()

BAND_TIMES = re.compile(r"from (\d+):(\d+) until (\d+):(\d+)")
BAND_DATES = re.compile(r"dates (\S+) until (\S+)")
BAND_NUMBERS = re.compile(r"\b(weekdays|months|month_days) ([\d ]+)")
BAND_KINDS = re.compile(r"kinds (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    line: int
    text: str
    version: RatePlanVersion
    call: CallFacts
    enterprise_micros: int | None
    caller_micros: int | None
    reason: SuspenseReason | None = None


@dataclass(frozen=True, slots=True)
class Tariffs:
    rates: dict[str, str] = field(default_factory=dict)
    bands: dict[str, Band] = field(default_factory=dict)
    plans: dict[str, RatePlanVersion] = field(default_factory=dict)


def read_band(name: str, words: str) -> Band:
    numbers = {key: tuple(map(int, listed.split())) for key, listed in BAND_NUMBERS.findall(words)}
    band = Band(name=name, **numbers)
    if times := BAND_TIMES.search(words):
        hours = [int(text) * 3_600_000 for text in times.groups()[::2]]
        assert times[2] == times[4] == "00"
        band = replace(band, from_ms=hours[0], until_ms=hours[1])
    if days := BAND_DATES.search(words):
        first, until = map(dt.date.fromisoformat, days.groups())
        band = replace(band, dates=((first, until),))
    if kinds := BAND_KINDS.search(words):
        band = replace(band, day_kinds=tuple(kinds[1].split()))
    return band


def read_plan(words: str, tariffs: Tariffs) -> RatePlanVersion:
    option, listed = words.split(":")
    rates, bands = [], []
    for index, entry in enumerate(listed.split(",")):
        name, _, band = entry.strip().partition(" in ")
        rate = read_rate(tariffs.rates[name], party="enterprise")
        rates.append(replace(rate, rate_id=f"{index}", band=band or None))
        bands += [tariffs.bands[band]] if band else []
    return replace(
        version_of(*rates, split="independent"),
        bands=tuple(bands),
        band_option=option,
        calendar="cn" if any(band.day_kinds for band in bands) else None,
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


def read_case(line: int, verb: str, rest: str, tariffs: Tariffs) -> Case:
    left, right = (side.split() for side in rest.split("="))
    charges: list[int | None]
    reason = None
    if verb == "rest":
        version = version_of(
            read_rate(tariffs.rates[left[0]], party="enterprise"),
            read_rate(tariffs.rates[left.pop(1)], party="caller"),
            split="rest",
        )
        charges = [micros_of(right[1]), micros_of(right[3])]
    else:
        assert verb == "call"
        version = tariffs.plans.get(left[0]) or version_of(
            read_rate(tariffs.rates[left[0]], party="enterprise"), split="independent"
        )
        charges = [micros_of(right[0]), 0] if right[0] != "suspended" else [None, None]
        reason = SuspenseReason[right[1]] if right[0] == "suspended" else None
    start_us = None
    if left[1] == "at":
        began = dt.datetime.fromisoformat(left[2]) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        start_us = began // dt.timedelta(microseconds=1)
        del left[1:3]
    assert left[2] == "s"
    call = CallFacts(
        billable_ms=ms_of(left[1]), start_us=start_us, is_continuation="continued" in left
    )
    return Case(
        line=line,
        text=re.sub(r"\s+", " ", f"{verb} {rest}"),
        version=version,
        call=call,
        enterprise_micros=charges[0],
        caller_micros=charges[1],
        reason=reason,
    )


def read_cases() -> list[Case]:
    tariffs = Tariffs()
    cases = []
    for line, text in enumerate(GOLDEN.read_text(encoding="utf-8").splitlines(), start=1):
        claim = text.split("#")[0].strip()
        if not claim:
            continue
        verb, rest = claim.split(maxsplit=1)
        name, words = rest.split(maxsplit=1)
        if verb == "rate":
            tariffs.rates[name] = words
        elif verb == "band":
            tariffs.bands[name] = read_band(name, words)
        elif verb == "plan":
            tariffs.plans[name] = read_plan(words, tariffs)
        else:
            cases.append(read_case(line, verb, rest, tariffs))
    return cases


CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line {case.line}: {case.text}")
def test_the_rule_gives_the_charge_worked_by_hand(case: Case) -> None:
    calendar = CALENDARS.get(case.version.calendar or "")
    charges = charge_call(case.version, calendar, enterprise=case.call, caller=case.call)
    assert charges.enterprise_charge_micros == case.enterprise_micros
    assert charges.caller_charge_micros == case.caller_micros
    assert charges.reason is case.reason


def test_the_kernel_gives_the_charges_worked_by_hand() -> None:
    count = len(CASES)
    zeros = pa.array([0] * count, pa.int8())
    nobody = pa.array([NUMBER_KINDS.index("none")] * count, pa.int8())
    billable = pa.array([case.call.billable_ms for case in CASES], pa.int64())
    start = pa.array([case.call.start_us for case in CASES], pa.int64())
    charges = rate_batch(
        plan_version_index=pa.array(range(count), pa.int32()),
        relation=zeros,
        calling_kind=zeros,
        answering_kind=nobody,
        enterprise_billable_ms=billable,
        caller_billable_ms=billable,
        enterprise_start_us=start,
        caller_start_us=start,
        is_continuation=pa.array([case.call.is_continuation for case in CASES]),
        is_priced=pa.array([True] * count),
        rate_table=build_rate_table([case.version for case in CASES], CALENDARS),
    )
    expected = [
        (case.text, case.enterprise_micros, case.caller_micros, int(case.reason or 0))
        for case in CASES
    ]
    assert expected == [
        (case.text, *row)
        for case, *row in zip(
            CASES,
            charges.enterprise_charge_micros.to_pylist(),
            charges.caller_charge_micros.to_pylist(),
            charges.reason.to_pylist(),
            strict=True,
        )
    ]


def test_the_example_in_the_reference_costs_what_is_worked_there() -> None:
    example, *_ = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    [version] = parse_rate_plan(example, file="tariffs.md")
    call = CallFacts(
        billable_ms=61_200, relation="local", calling_kind="mobile", answering_kind="landline"
    )
    charges = charge_call(version, enterprise=call, caller=call)
    assert (charges.enterprise_charge_micros, charges.caller_charge_micros) == (132_000, 220_000)
