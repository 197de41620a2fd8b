"""Charges worked by hand (``charges.txt``), by the plain rule and by the kernel."""

import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from cdrpipe.money import micros_of
from cdrpipe.rating.charge import charge, charge_call
from cdrpipe.rating.rate_batch import rate_batch
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep
from cdrpipe.tariff.rate_table import build_rate_table

GOLDEN = Path(__file__).with_name("charges.txt")
REFERENCE = Path(__file__).parents[2] / "docs" / "tariffs.md"

STEP = re.compile(r"from (\S+) s: (\S+) per (\S+) s, by (\S+) s")
LIMIT = re.compile(r"\b(fee|min|max) (\S+)")
ROUND = re.compile(r"\bround (\w+)(?: (\d))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    line: int
    text: str
    version: RatePlanVersion
    billable_ms: int
    is_continuation: bool
    enterprise_micros: int
    caller_micros: int


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


def read_cases() -> list[Case]:
    rates: dict[str, str] = {}
    cases = []
    for line, text in enumerate(GOLDEN.read_text(encoding="utf-8").splitlines(), start=1):
        claim = text.split("#")[0].strip()
        if not claim:
            continue
        verb, rest = claim.split(maxsplit=1)
        if verb == "rate":
            name, words = rest.split(maxsplit=1)
            rates[name] = words
            continue
        left, right = (side.split() for side in rest.split("="))
        if verb == "call":
            version = version_of(read_rate(rates[left[0]], party="enterprise"), split="independent")
            billable, owed = left[1], (right[0], "0")
        else:
            assert verb == "rest"
            version = version_of(
                read_rate(rates[left[0]], party="enterprise"),
                read_rate(rates[left[1]], party="caller"),
                split="rest",
            )
            billable, owed = left[2], (right[1], right[3])
        cases.append(
            Case(
                line=line,
                text=re.sub(r"\s+", " ", claim),
                version=version,
                billable_ms=ms_of(billable),
                is_continuation="continued" in left,
                enterprise_micros=micros_of(owed[0]),
                caller_micros=micros_of(owed[1]),
            )
        )
    return cases


CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line {case.line}: {case.text}")
def test_the_rule_gives_the_charge_worked_by_hand(case: Case) -> None:
    charges = charge_call(
        case.version,
        relation="unknown",
        calling_kind="unknown",
        answering_kind="none",
        enterprise_billable_ms=case.billable_ms,
        caller_billable_ms=case.billable_ms,
        is_continuation=case.is_continuation,
    )
    assert charges.enterprise_charge_micros == case.enterprise_micros
    assert charges.caller_charge_micros == case.caller_micros
    if case.version.split == "independent":
        [rate] = case.version.rates
        owed = charge(rate, case.billable_ms, is_continuation=case.is_continuation)
        assert owed == case.enterprise_micros


def test_the_kernel_gives_the_charges_worked_by_hand() -> None:
    count = len(CASES)
    zeros = pa.array([0] * count, pa.int8())
    billable = pa.array([case.billable_ms for case in CASES], pa.int64())
    charges = rate_batch(
        plan_version_index=pa.array(range(count), pa.int32()),
        relation=zeros,
        calling_kind=zeros,
        answering_kind=zeros,
        enterprise_billable_ms=billable,
        caller_billable_ms=billable,
        is_continuation=pa.array([case.is_continuation for case in CASES]),
        is_priced=pa.array([True] * count),
        rate_table=build_rate_table([case.version for case in CASES]),
    )
    expected = [(case.text, case.enterprise_micros, case.caller_micros) for case in CASES]
    assert expected == [
        (case.text, enterprise, caller)
        for case, enterprise, caller in zip(
            CASES,
            charges.enterprise_charge_micros.to_pylist(),
            charges.caller_charge_micros.to_pylist(),
            strict=True,
        )
    ]


def test_the_example_in_the_reference_costs_what_is_worked_there() -> None:
    [example] = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    [version] = parse_rate_plan(example, file="tariffs.md")
    charges = charge_call(
        version,
        relation="local",
        calling_kind="mobile",
        answering_kind="landline",
        enterprise_billable_ms=61_200,
        caller_billable_ms=61_200,
    )
    assert (charges.enterprise_charge_micros, charges.caller_charge_micros) == (132_000, 220_000)
